#include "actors/db_session.hpp"

#include "actors/runtime/replication.hpp"
#include "log/line_limit.hpp"
#include "log/log.hpp"

namespace prism {

db_session_actor::behavior_type db_session_state::make_behavior() {
  return {[this](const run_job& job) -> job_result {
            job_result::session_note note;
            db::partial_report partial;
            auto done = run(*job.what, note, partial);
            note.broken = !note.unreachable && !connection_->is_open();
            const bool failed = !done;
            return {std::make_shared<const db::job_outcome>(std::move(done)), note,
                    failed ? std::make_shared<const db::partial_report>(std::move(partial))
                           : nullptr};
          },
          [this](const stop_request&) { self_->quit(); },
          [this](const get_status&) { return status(); }};
}

db::outcome<void> db_session_state::ensure_connected() {
  if (connection_ && connection_->is_open())
    return {};
  // The pool replaces a session whose connection is lost.
  if (connection_)
    return db::db_fail(db::sqlstate::connection_closed, "the session's connection is lost");
  db::connect_options options;
  options.conninfo = node_->conninfo;
  options.application_name = node_->cluster.application_name();
  options.known_server = node_->server;
  auto opened = db::connection::open(std::move(options));
  if (!opened)
    return tl::unexpected(std::move(opened.error()));
  connection_.emplace(std::move(*opened));
  return {};
}

db::job_outcome db_session_state::run(const db::job& job, job_result::session_note& note,
                                      db::partial_report& partial) {
  const auto before = std::chrono::steady_clock::now();
  const bool newly_opened = !connection_;
  if (auto connected = ensure_connected(); !connected) {
    note.unreachable = true;
    db::job_outcome failed = tl::unexpected(std::move(connected.error()));
    count(failed);
    return failed;
  }
  if (newly_opened)
    note.opened = std::max(std::chrono::microseconds{1},
                           std::chrono::duration_cast<std::chrono::microseconds>(
                               std::chrono::steady_clock::now() - before));
  db::tx_options options;
  options.deadline = node_->options.transaction_timeout;
  options.statement_timeout = node_->options.statement_timeout;
  options.server_start = node_->server.start;
  options.on_retry = [this](const db::db_error& why) {
    node_->metrics.database().retries.of(why.sqlstate).Increment();
    node_->metrics.database().failed_attempts.of(why.sqlstate).Increment();
  };
  const auto begun = std::chrono::steady_clock::now();
  auto done = db::run_job(*connection_, options, job, partial);
  count(done);
  if (!done && done.error().sqlstate == db::server_changed)
    node_->status.begin_again(done.error().message);
  const auto* applied = db::reply_of<db::apply_job>(done);
  if (connection_->take_unreplicated())
    report_unreplicated(*node_);
  else if (applied != nullptr && !applied->already_applied)
    report_replicated(*node_, begun);
  return done;
}

void db_session_state::count(const db::job_outcome& done) {
  if (done)
    return;
  node_->metrics.database().errors.of(db::to_string(done.error().cls)).Increment();
  node_->metrics.database().failed_attempts.of(done.error().sqlstate).Increment();
  // Content that PostgreSQL rejects comes from strangers, as often as they like.
  if (const auto left_out = lines_.allow(done.error().cls, steady_clock::now()))
    log::database().warn("database {} error {} in {}: {}{}", db::to_string(done.error().cls),
                         done.error().sqlstate, done.error().statement, done.error().message,
                         log::left_out_note(*left_out));
}

} // namespace prism
