#include "totals.hpp"

#include "json_row.hpp"

#include <array>
#include <boost/json.hpp>

namespace prism::synth {

namespace {

/// The model's tables, which are the reference's, that are counted.
constexpr std::array tables{
    "post",      "like",         "repost",  "follow",      "actor_block",     "list",
    "list_item", "list_block",   "profile", "thread_gate", "post_gate",       "feed_item",
    "quote",     "notification", "record",  "actor_sync",  "duplicate_record"};

/// Deleted accounts get no notifications (docs/ORDER.md); the reference keeps such rows.
[[nodiscard]] bool is_for_one_of(const std::set<std::string, std::less<>>& gone,
                                 const std::string& notification) {
  const auto did = boost::json::parse(notification).at("did").as_string();
  return gone.contains(std::string_view{did});
}

} // namespace

std::string totals_of(const model& expected, const live_source::outcome& made) {
  std::map<std::string_view, std::int64_t> counts;
  for (const auto* name : tables)
    counts[name] = 0;
  expected.rows([&](std::string_view table, const std::string& row) {
    const auto found = counts.find(table);
    if (found != counts.end() && !(table == "notification" && is_for_one_of(made.gone, row)))
      ++found->second;
  });
  counts["waiting"] = static_cast<std::int64_t>(expected.waiting());
  json_row numbers;
  for (const auto& [table, count] : counts)
    numbers.number(table, count);
  json_row out;
  out.number("frames", static_cast<std::int64_t>(made.frames));
  out.number("operations", static_cast<std::int64_t>(made.operations));
  out.number("milliseconds", static_cast<std::int64_t>(made.seconds * 1000));
  return out.object("totals", numbers.done()).done();
}

} // namespace prism::synth
