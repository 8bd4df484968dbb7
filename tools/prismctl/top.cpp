#include "tools/prismctl/top.hpp"

#include "tools/prismctl/render.hpp"
#include "tools/prismctl/screen.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

namespace prism::prismctl {

namespace {

[[nodiscard]] double number(const boost::json::object& in, std::string_view path) {
  const auto* found = find_field(in, path);
  return found != nullptr && found->is_number() ? found->to_number<double>() : 0;
}

[[nodiscard]] std::string text(const boost::json::object& in, std::string_view path) {
  const auto* found = find_field(in, path);
  const auto dot = path.rfind('.');
  return found == nullptr
             ? std::string{"-"}
             : value_text(dot == std::string_view::npos ? path : path.substr(dot + 1), *found);
}

[[nodiscard]] boost::json::array list(const boost::json::object& in, std::string_view name) {
  const auto* found = in.if_contains(name);
  return found != nullptr && found->is_array() ? found->get_array() : boost::json::array{};
}

/// Those that do something or have something waiting first.
[[nodiscard]] boost::json::array busiest(boost::json::array actors) {
  const auto rank = [](const boost::json::value& each) {
    const auto& actor = each.get_object();
    return std::pair{number(actor, "mailbox.oldest_seconds") + number(actor, "handling.seconds"),
                     number(actor, "handled")};
  };
  std::stable_sort(actors.begin(), actors.end(),
                   [&](const auto& a, const auto& b) { return rank(a) > rank(b); });
  return actors;
}

struct charted {
  std::string_view name;
  std::string_view field;
  bool rate;
};
constexpr std::array charts{charted{"operations/s", "operations", true},
                            charted{"frames/s", "relay.frames", true},
                            charted{"kB/s", "relay.bytes", true},
                            charted{"longest wait, s", "relay.longest_wait_seconds", false},
                            charted{"window, frames", "relay.window_frames", false},
                            charted{"sessions active", "database.sessions_active", false},
                            charted{"jobs waiting", "database.jobs_waiting", false}};

} // namespace

void top_page::add_rate(const std::string& name, double total, double seconds) {
  const auto before = totals_.find(name);
  if (before != totals_.end() && seconds > 0)
    lines_[name].add(std::max(0.0, total - before->second) / seconds);
  totals_[name] = total;
}

void top_page::update(const boost::json::object& status, const boost::json::object& actors,
                      const boost::json::object& channels, double seconds) {
  status_ = status;
  actors_ = actors;
  channels_ = channels;
  for (const auto& chart : charts) {
    const auto value = number(status, chart.field) / (chart.name == "kB/s" ? 1'000 : 1);
    if (chart.rate)
      add_rate(std::string{chart.name}, value, seconds);
    else
      lines_[std::string{chart.name}].add(value);
  }
}

std::string top_page::draw(std::string_view address, std::size_t columns, std::size_t lines) const {
  std::string out = fmt::format("{}  {}  up {}  epoch {}  shards {}  restarts {}\n", address,
                                text(status_, "state"), text(status_, "uptime_seconds"),
                                text(status_, "database.epoch"), text(status_, "shards"),
                                text(status_, "actors.restarts"));
  for (const auto& fact : list(status_, "facts"))
    if (const auto line = value_text("", fact); line.starts_with("FAIL"))
      out += line + "\n";
  for (const auto& each : list(status_, "stuck"))
    out += "stuck: " + text(each.get_object(), "what") + "\n";
  for (const auto& each : list(status_, "paused"))
    out += fmt::format("paused: {} for {} by {}: {}\n", text(each.get_object(), "part"),
                       text(each.get_object(), "for_seconds"), text(each.get_object(), "who"),
                       text(each.get_object(), "why"));
  const auto width = std::clamp<std::size_t>(columns > 34 ? columns - 34 : 10, 10, 80);
  out += "\n";
  for (const auto& chart : charts) {
    const auto found = lines_.find(std::string{chart.name});
    if (found != lines_.end())
      out += fmt::format("{:<16} {:>12.5g}  {}\n", chart.name, found->second.last(),
                         found->second.draw(width));
  }
  const auto channels = list(channels_, "channels");
  const auto used = static_cast<std::size_t>(std::ranges::count(out, '\n')) + channels.size() + 6;
  out += "\n" + table_text(channels, {{"CHANNEL", "channel"},
                                      {"DEPTH", "depth"},
                                      {"BOUND", "capacity"},
                                      {"STALLED", "stalled_seconds"}});
  auto actors = busiest(list(actors_, "actors"));
  const auto room = lines > used ? lines - used : 3;
  const auto left_out = actors.size() > room ? actors.size() - room : 0;
  if (left_out > 0)
    actors.erase(actors.begin() + static_cast<std::ptrdiff_t>(room), actors.end());
  out += "\n" + table_text(actors, {{"ACTOR", "actor"},
                                    {"STATE", "state"},
                                    {"WAITING", "mailbox.depth"},
                                    {"OLDEST", "mailbox.oldest_seconds"},
                                    {"HANDLED", "handled"},
                                    {"HANDLES", "handling.message"},
                                    {"FOR", "handling.seconds"},
                                    {"RESTARTS", "restarts"}});
  if (left_out > 0)
    out += fmt::format("{} more; q ends", left_out);
  else
    out += "q ends";
  return out;
}

namespace {

[[nodiscard]] expected<boost::json::object> data_of(node_link& link, std::string_view view,
                                                    std::chrono::milliseconds limit) {
  auto answer = link.ask(view, {}, limit);
  if (!answer)
    return tl::unexpected(std::move(answer.error()));
  boost::system::error_code problem;
  auto parsed = boost::json::parse(*answer, problem);
  if (problem || !parsed.is_object() || !parsed.get_object().contains("data") ||
      !parsed.at("data").is_object())
    return fail(errc::io, "the node's answer cannot be read");
  return std::move(parsed.at("data").get_object());
}

[[nodiscard]] expected<void> look(node_link& link, top_page& page, double seconds,
                                  std::chrono::milliseconds limit) {
  const auto status = data_of(link, "status", limit);
  const auto actors = status ? data_of(link, "actors", limit) : status;
  const auto channels = actors ? data_of(link, "channels", limit) : actors;
  if (!channels)
    return tl::unexpected(channels.error());
  page.update(*status, *actors, *channels, seconds);
  return {};
}

} // namespace

int top(node_link& link, const command_line& line) {
  using clock = std::chrono::steady_clock;
  const auto interval = std::chrono::milliseconds{
      line.arguments.contains("interval")
          ? std::clamp<std::int64_t>(line.arguments.at("interval").as_int64(), 100, 60'000)
          : 1'000};
  top_page page;
  std::string failure;
  {
    std::optional<screen> whole;
    auto last = clock::now();
    for (bool first = true;; first = false) {
      const auto now = clock::now();
      const auto looked = look(
          link, page, first ? 0 : std::chrono::duration<double>(now - last).count(), line.timeout);
      last = now;
      if (!looked) {
        failure = looked.error().message;
        break;
      }
      const auto room = screen::measure();
      const auto text = page.draw(link.address(), room.columns, room.lines);
      if (!screen::is_terminal()) {
        fmt::print("{}\n", text);
        return 0;
      }
      if (!whole)
        whole.emplace();
      screen::show(text);
      if (const auto key = screen::wait_for_key(interval); key == 'q' || key == 'Q')
        break;
    }
  }
  if (failure.empty())
    return 0;
  fmt::print(stderr, "prismctl: {}: {}\n", link.address(), failure);
  return 1;
}

} // namespace prism::prismctl
