// bench_reads CONNINFO: fills an empty database with bench/reads/fill.sql and measures timelines,
// feeds and notifications on it, with the three indexes of migration 0005 and then without them.
// scripts/bench --reads prepares the server. The last line of the output is a JSON object.

#include "bench/reads/measure.hpp"
#include "db/reads/author_feed.hpp"
#include "db/reads/notifications.hpp"
#include "db/reads/timeline.hpp"
#include "db/schema/migrator.hpp"
#include "log/output.hpp"

#include <boost/json.hpp>
#include <cstdio>
#include <fmt/format.h>
#include <fstream>
#include <iterator>

using namespace prism;

namespace {

constexpr std::size_t page = 50;

struct subject {
  const char* name;
  bench::reading read;
};

[[nodiscard]] std::string did_of(std::int64_t user) {
  return fmt::format("did:plc:{:024}", user);
}

[[nodiscard]] bench::reading timeline_of(std::int64_t user) {
  return [did = did_of(user)](auto& on) { return reads::timeline(on, did, {}, page).has_value(); };
}

/// Users of fill.sql by number of follows. User 5 has many posts and many notifications.
[[nodiscard]] std::vector<subject> subjects() {
  const auto did = did_of(5);
  return {
      {"timeline_10_follows", timeline_of(4)},
      {"timeline_100_follows", timeline_of(3)},
      {"timeline_500_follows", timeline_of(2)},
      {"timeline_5000_follows", timeline_of(1)},
      {"author_feed",
       [did](auto& on) {
         return reads::author_feed(on, did, reads::author_feed_kind::everything, {}, page)
             .has_value();
       }},
      {"notifications",
       [did](auto& on) { return reads::notifications(on, did, {}, page, false).has_value(); }},
      {"unread_notifications",
       [did](auto& on) { return reads::unread_notifications(on, did).has_value(); }},
  };
}

constexpr const char* drop_0005 =
    "DROP INDEX feed_items_originator_sort_at; DROP INDEX notifications_recipient_created_at; "
    "DROP INDEX posts_commit";

[[nodiscard]] db::outcome<void> fill(db::connection& on) {
  std::ifstream file(PRISM_FILL);
  const std::string sql{std::istreambuf_iterator<char>{file}, {}};
  on.set_deadline(db::connection::no_deadline);
  if (auto done = on.exec_script(sql); !done)
    return done;
  return on.exec_script("VACUUM ANALYZE");
}

[[nodiscard]] db::outcome<std::int64_t> rows_in(db::connection& on) {
  auto rows = on.exec("SELECT sum(reltuples)::int8 FROM pg_class WHERE relkind = 'r' "
                      "AND relnamespace = 'public'::regnamespace AND reltuples > 0");
  if (!rows)
    return tl::unexpected(rows.error());
  return rows->get_int8(0, 0);
}

[[nodiscard]] db::outcome<void> run(db::connection& on) {
  std::fputs("== filling\n", stderr);
  if (auto done = fill(on); !done)
    return done;
  boost::json::object answer;
  const auto rows = rows_in(on);
  if (!rows)
    return tl::unexpected(rows.error());
  answer["rows"] = *rows;
  std::vector<bench::timing> with;
  for (const auto& each : subjects())
    with.push_back(bench::measure(on, each.read));
  on.set_deadline(db::connection::no_deadline);
  if (auto done = on.exec_script(drop_0005); !done)
    return done;
  std::fputs("   ms with the indexes of 0005, without, how many times as long:\n", stderr);
  std::size_t i = 0;
  for (const auto& each : subjects()) {
    const auto without = bench::measure(on, each.read);
    const auto& fast = with[i++];
    const double ratio = without.ms / fast.ms;
    std::fputs(fmt::format("   {:>10.3f} {}{:>10.1f} {:>8.0f}  {}\n", fast.ms,
                           without.at_least ? '>' : ' ', without.ms, ratio, each.name)
                   .c_str(),
               stderr);
    answer[each.name] = {{"ms", fast.ms},
                         {"without_ms", without.ms},
                         {"given_up", without.at_least},
                         {"ratio", ratio}};
  }
  std::puts(boost::json::serialize(answer).c_str());
  return {};
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: bench_reads CONNINFO\n", stderr);
    return 64;
  }
  log::set_usual_level(log::level::warn);
  auto on = db::connection::open({.conninfo = argv[1]});
  if (!on) {
    std::fputs((on.error().message + '\n').c_str(), stderr);
    return 1;
  }
  if (const auto migrated = db::migrate(*on); !migrated) {
    std::fputs((migrated.error().message + '\n').c_str(), stderr);
    return 1;
  }
  if (const auto done = run(*on); !done) {
    std::fputs((db::describe(done.error()) + '\n').c_str(), stderr);
    return 1;
  }
  return 0;
}
