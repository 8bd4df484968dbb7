#include "actors/inspector/views.hpp"
#include "db/operator/server_sessions.hpp"

namespace prism::views {

namespace {

[[nodiscard]] boost::json::object row_of(const db::server_session& from) {
  constexpr double ms = 1'000;
  return {{"pid", from.pid},
          {"application", from.application},
          {"user", from.user},
          {"state", from.state},
          {"state_seconds", static_cast<double>(from.state_ms) / ms},
          {"transaction_seconds", static_cast<double>(from.transaction_ms) / ms},
          {"waits_for", from.waits_for},
          {"blocked_by", from.blocked_by},
          {"statement", from.statement}};
}

} // namespace

expected<view_data> server(command_call& call) {
  const auto sessions = db::list_server_sessions(*call.database, max_rows + 1);
  if (!sessions)
    return fail(errc::transient, "the database cannot answer: {} ({})", sessions.error().message,
                sessions.error().sqlstate);
  view_data out;
  boost::json::array blockers;
  boost::json::array others;
  for (const auto& each : *sessions) {
    if (blockers.size() + others.size() == max_rows) {
      out.truncated = true;
      break;
    }
    (each.blocks ? blockers : others).push_back(row_of(each));
  }
  out.data = {{"jobs_at_work", call.node.metrics.database().active->Value()},
              {"holders_of_locks", std::move(blockers)},
              {"sessions", std::move(others)}};
  return out;
}

} // namespace prism::views
