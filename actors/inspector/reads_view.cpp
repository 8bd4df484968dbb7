// The data plane: which methods are asked, how long they take, and the slowest calls.
#include "actors/inspector/views.hpp"

#include <cmath>

namespace prism::views {

namespace {

namespace json = boost::json;

/// "internal 3, unavailable 1": all but those that went well.
[[nodiscard]] std::string failures_of(const method_calls& calls) {
  std::string out;
  for (const auto& [status, count] : calls.by_status)
    if (status != "ok")
      out += fmt::format("{}{} {}", out.empty() ? "" : ", ", status, count);
  return out;
}

/// Null: no call has a time.
[[nodiscard]] json::value time_of(const call_times& times, double share) {
  return times.count() == 0 ? json::value() : json::value(seconds_of(times.quantile(share)));
}

[[nodiscard]] json::object row_of(std::string_view method, const method_calls& calls,
                                  steady_clock::duration during) {
  json::object by_status;
  for (const auto& [status, count] : calls.by_status)
    by_status[status] = count;
  return {{"method", method},
          {"calls", calls.total()},
          {"per_second", static_cast<double>(calls.total()) / seconds_of(during)},
          {"p50_seconds", time_of(calls.times, 0.5)},
          {"p99_seconds", time_of(calls.times, 0.99)},
          {"max_seconds", time_of(calls.times, 1)},
          {"not_ok", failures_of(calls)},
          {"by_status", std::move(by_status)}};
}

[[nodiscard]] json::object row_of(const slow_call& call) {
  return {{"took_seconds", seconds_of(call.took)},
          {"method", call.method},
          {"status", call.status},
          {"at", utc_text(call.ended)},
          {"arguments", call.arguments}};
}

/// JSON has no NaN.
[[nodiscard]] json::value known(double value) {
  return std::isnan(value) ? json::value() : json::value(value);
}

[[nodiscard]] json::object gate_of(const node_context& node, const reads_now& now) {
  return {
      {"listening", now.address},
      {"readers", now.readers},
      {"readers_wanted", node.options.dataplane_readers},
      {"readers_at_work", now.active},
      {"calls_waiting", now.waiting},
      {"max_waiting", node.options.dataplane_max_waiting},
      {"connections", now.connections},
      {"open_calls", now.open_calls},
      {"buffered_bytes", now.buffered_bytes},
      {"database", node.options.dataplane_database_url.empty() ? "the node's own" : "a replica"},
      {"staleness_seconds", known(node.metrics.dataplane().staleness->Value())}};
}

} // namespace

view_data reads(node_context& node) {
  view_data out;
  const auto now = node.reads.now();
  if (!now) {
    out.data["said"] = "there is no data plane: dataplane-listen is empty";
    return out;
  }
  const auto calls = node.reads.calls(steady_clock::now());
  std::uint64_t total = 0;
  std::vector<std::pair<std::string_view, const method_calls*>> methods;
  for (const auto& [name, each] : calls.methods) {
    methods.emplace_back(name, &each);
    total += each.total();
  }
  std::ranges::stable_sort(methods, std::greater{},
                           [](const auto& each) { return each.second->total(); });
  json::array rows;
  json::array slowest;
  json::array slowest_of_each;
  for (const auto& [name, each] : methods) {
    rows.push_back(row_of(name, *each, calls.during));
    if (each->slowest)
      slowest_of_each.push_back(row_of(*each->slowest));
  }
  for (const auto& each : calls.slowest)
    slowest.push_back(row_of(each));
  out.data = {{"data_plane", gate_of(node, *now)},
              {"during_seconds", seconds_of(calls.during)},
              {"calls", total},
              {"calls_per_second", static_cast<double>(total) / seconds_of(calls.during)},
              {"methods", std::move(rows)},
              {"slowest", std::move(slowest)},
              {"slowest_of_each", std::move(slowest_of_each)}};
  return out;
}

} // namespace prism::views
