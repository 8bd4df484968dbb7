#include "actors/inspector/stuck.hpp"
#include "actors/inspector/views.hpp"
#include "actors/runtime/node_readiness.hpp"
#include "core/version.hpp"
#include "core/wall_clock.hpp"

namespace prism::views {

namespace {

[[nodiscard]] boost::json::array lines_of(std::string_view text) {
  boost::json::array out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

[[nodiscard]] boost::json::value seconds_ago(std::optional<time_point> at, time_point now) {
  return at ? boost::json::value(seconds_of(now - *at)) : boost::json::value();
}

[[nodiscard]] boost::json::object relay_of(const node_context& node, time_point now) {
  const auto& from = node.metrics.firehose();
  const auto link = node.relay.read();
  const auto receipt = from.last_receipt->Value();
  return {{"url", node.service_shown},
          {"connected", from.connected->Value() > 0},
          {"since_seconds", seconds_ago(link.since, now)},
          {"last_end", link.why},
          {"heard_seconds_ago", seconds_ago(link.heard, now)},
          {"last_frame_seconds_ago",
           receipt > 0 ? boost::json::value(std::max(0.0, seconds_since_1970() - receipt))
                       : boost::json::value()},
          {"last_seq", static_cast<std::int64_t>(from.last_seq->Value())},
          {"durable_seq", static_cast<std::int64_t>(from.durable_seq->Value())},
          {"longest_wait_seconds", from.uncommitted_age->Value()},
          {"event_at_seconds", from.event_timestamp->Value()},
          {"window_frames", static_cast<std::int64_t>(from.window_frames->Value())},
          {"window_capacity", static_cast<std::int64_t>(from.window_capacity->Value())},
          {"frames", from.frames.total()},
          {"bytes", from.bytes->Value()},
          {"stalled_seconds", from.stalled_seconds->Value()}};
}

[[nodiscard]] boost::json::object database_of(const node_context& node) {
  const auto& from = node.metrics.database();
  return {{"reachable", node.status.database_reachable.load()},
          {"schema_current", node.status.schema_current.load()},
          {"epoch", node.status.epoch.load()},
          {"timeline", node.status.timeline.load()},
          {"sessions_active", from.active->Value()},
          {"sessions_idle", from.idle->Value()},
          {"jobs_waiting", from.waiting->Value()},
          {"max_sessions", from.max_connections->Value()}};
}

[[nodiscard]] boost::json::object actors_of(const node_context& node) {
  std::size_t running = 0;
  std::size_t total = 0;
  std::uint64_t restarts = 0;
  boost::json::array down;
  for (const auto& branch : node.tree.read())
    for (const auto& child : branch.children) {
      ++total;
      restarts += child.restarts;
      if (child.state == child_state::running)
        ++running;
      else if (down.size() < max_rows)
        down.push_back({{"actor", child.spec.name},
                        {"state", to_string(child.state)},
                        {"last_error", child.last_error}});
    }
  return {
      {"running", running}, {"total", total}, {"restarts", restarts}, {"down", std::move(down)}};
}

/// What has failed since the process started.
[[nodiscard]] boost::json::object failures_of(const node_context& node) {
  const auto& metrics = node.metrics;
  return {{"dead_letters", metrics.batches().dead_letters->Value()},
          {"database_errors", metrics.database().errors.total()},
          {"jobs_without_session", metrics.database().timeouts->Value()},
          {"relay_connections", metrics.firehose().disconnects.total()}};
}

} // namespace

view_data status(node_context& node) {
  const auto now = steady_clock::now();
  const auto ready = readiness_of(node);
  view_data out;
  out.data = {{"ready", ready.ready},
              {"state", node.status.draining       ? "draining"
                        : node.tree.read().empty() ? "starting"
                        : ready.ready              ? "ready"
                                                   : "not ready"},
              {"facts", lines_of(ready.text)},
              {"uptime_seconds", seconds_of(now - node.started)},
              {"revision", revision()},
              {"shards", node.options.shards},
              {"operations", node.metrics.ops_total()},
              {"relay", relay_of(node, now)},
              {"database", database_of(node)},
              {"actors", actors_of(node)},
              {"failed_since_start", failures_of(node)},
              {"stuck", stuck_parts(node, now)}};
  if (const auto reads = node.reads.now())
    out.data["data_plane"] = {{"listening", reads->address},
                              {"readers", reads->readers},
                              {"readers_at_work", reads->active},
                              {"calls_waiting", reads->waiting}};
  boost::json::array paused;
  for (const auto& each : node.paused.list(now))
    paused.push_back({{"part", each.part},
                      {"for_seconds", seconds_of(each.until - now)},
                      {"who", each.who},
                      {"why", each.why}});
  out.data["paused"] = std::move(paused);
  boost::json::array crashes;
  const auto all = node.crashes.after(0);
  for (std::size_t i = all.size() < 5 ? 0 : all.size() - 5; i < all.size(); ++i)
    crashes.push_back(
        {{"actor", all[i].actor}, {"at", utc_text(all[i].at)}, {"reason", all[i].reason}});
  out.data["last_crashes"] = std::move(crashes);
  return out;
}

} // namespace prism::views
