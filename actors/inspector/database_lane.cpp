#include "actors/inspector/database_lane.hpp"

#include "actors/inspector/run_command.hpp"
#include "db/operator/operator_log.hpp"
#include "log/log.hpp"

namespace prism {

namespace {

[[nodiscard]] db::stored_crash row_of(const std::string& node, const crash_record& from) {
  return {
      .node = node,
      .at =
          std::chrono::duration_cast<std::chrono::microseconds>(from.at.time_since_epoch()).count(),
      .actor = from.actor,
      .reason = from.reason,
      .last_message = from.last_message,
      .restarts = static_cast<std::int64_t>(from.restarts),
      .waiting = static_cast<std::int64_t>(from.waiting),
      .handled = static_cast<std::int64_t>(from.handled),
      .uptime_seconds = static_cast<std::int64_t>(from.uptime_seconds)};
}

} // namespace

waiting_actor::behavior_type database_lane_state::make_behavior() {
  self_->delayed_send(self_, tick_interval, tick{});
  return {[this](const admitted_request& admitted) { return run(admitted); },
          [this](const tick&) {
            self_->delayed_send(self_, tick_interval, tick{});
            on_tick();
          }};
}

operator_reply database_lane_state::run(const admitted_request& admitted) {
  if (auto why = connect(); !why.empty())
    return refuse(operator_result::failed, std::move(why));
  store(); // so that the answer has what just happened
  auto reply =
      run_command(*context_, *admitted.what, admitted.who, *admitted.request, &*connection_);
  store();
  used_ = steady_clock::now();
  return reply;
}

std::string database_lane_state::connect() {
  if (connection_ && connection_->is_open())
    return {};
  connection_.reset();
  if (steady_clock::now() < not_before_)
    return refusal_;
  const auto conninfo = context_->conninfo();
  if (conninfo.empty())
    return "the node does not know its database yet: it starts";
  auto opened = db::connection::open({.conninfo = conninfo,
                                      .application_name = "prismd inspector",
                                      .connect_timeout = patience,
                                      .default_timeout = patience,
                                      .cancel_grace = patience});
  if (!opened) {
    not_before_ = steady_clock::now() + pause;
    refusal_ = "the database does not answer: " + opened.error().message;
    return refusal_;
  }
  connection_.emplace(std::move(*opened));
  used_ = steady_clock::now();
  return {};
}

void database_lane_state::on_tick() {
  const bool waits =
      !context_->actions.waiting().empty() || !context_->node->crashes.after(stored_crash_).empty();
  if (waits && context_->node->status.schema_current && connect().empty()) {
    store();
    used_ = steady_clock::now();
  }
  if (connection_ && steady_clock::now() - used_ > idle_limit)
    connection_.reset();
}

void database_lane_state::store() {
  if (!connection_ || !connection_->is_open() || !context_->node->status.schema_current)
    return;
  if (const auto found = context_->node->crashes.after(stored_crash_); !found.empty()) {
    std::vector<db::stored_crash> rows;
    for (const auto& each : found)
      rows.push_back(row_of(context_->node->name, each));
    if (const auto done = db::store_crashes(*connection_, rows); !done)
      return log::inspector().warn("inspector: crashes cannot be stored: {}", done.error().message);
    stored_crash_ = found.back().number;
  }
  if (const auto found = context_->actions.waiting(); !found.empty()) {
    if (const auto done = db::store_actions(*connection_, found); !done)
      return log::inspector().warn("inspector: actions cannot be stored: {}", done.error().message);
    context_->actions.stored(found.size());
  }
}

} // namespace prism
