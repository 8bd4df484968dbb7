#include "actors/db_session.hpp"

#include <spdlog/spdlog.h>

namespace prism {

db_session_actor::behavior_type db_session_state::make_behavior() {
  return {[this](const run_job& job) -> job_result {
            return {std::make_shared<const db::job_outcome>(run(*job.what))};
          },
          [this](const stop_request&) { self_->quit(); },
          [](const get_status&) -> actor_status {
            return {name, {}};
          }};
}

db::outcome<void> db_session_state::ensure_connected() {
  if (connection_ && connection_->is_open())
    return {};
  if (connection_)
    return connection_->reconnect();
  db::connect_options options;
  options.conninfo = node_->conninfo;
  options.application_name = "prismd";
  auto opened = db::connection::open(std::move(options));
  if (!opened)
    return tl::unexpected(std::move(opened.error()));
  connection_.emplace(std::move(*opened));
  return {};
}

db::job_outcome db_session_state::run(const db::job& what) {
  if (auto connected = ensure_connected(); !connected) {
    node_->status.database_reachable = false;
    db::job_outcome failed = tl::unexpected(std::move(connected.error()));
    count(failed);
    return failed;
  }
  db::tx_options options;
  options.deadline = node_->options.transaction_timeout;
  options.statement_timeout = node_->options.statement_timeout;
  auto done = db::run_job(*connection_, options, what);
  node_->status.database_reachable = done.has_value() || connection_->is_open();
  count(done);
  return done;
}

void db_session_state::count(const db::job_outcome& done) {
  if (done)
    return;
  node_->metrics.database().errors.of(db::to_string(done.error().cls)).Increment();
  spdlog::warn("database {} error {} in {}: {}", db::to_string(done.error().cls),
               done.error().sqlstate, done.error().statement, done.error().message);
}

} // namespace prism
