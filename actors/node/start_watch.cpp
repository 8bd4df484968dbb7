#include "actors/node/start_watch.hpp"

#include "db/pg/connection.hpp"
#include "log/log.hpp"

namespace prism {

namespace {

const db::statement select_wait{"start_wait", R"sql(
  SELECT CASE
      WHEN waiting.wait_event = 'SyncRep'
        THEN 'the commit needs the answer of a synchronous standby (synchronous_standby_names)'
      WHEN blocking.holders IS NOT NULL THEN 'it needs a lock held by ' || blocking.holders
      WHEN waiting.wait_event IS NULL THEN 'the server works on it'
      ELSE 'the server waits: ' || waiting.wait_event_type || ' ' || waiting.wait_event
    END
  FROM pg_stat_activity AS waiting
  CROSS JOIN LATERAL (
    SELECT string_agg(format('process %s (%s, %s)', pid, application_name, state), ', ' ORDER BY pid)
      AS holders
    FROM pg_stat_activity
    WHERE pid = ANY(pg_blocking_pids(waiting.pid))
  ) AS blocking
  WHERE waiting.pid = $1
)sql"};

[[nodiscard]] std::string reason_of(const db::server_wait& wait, const std::string& conninfo) {
  constexpr std::chrono::milliseconds limit{2'000};
  if (wait.backend_pid == 0)
    return "the server does not answer";
  auto opened = db::connection::open({.conninfo = conninfo,
                                      .application_name = "prismd start",
                                      .connect_timeout = limit,
                                      .default_timeout = limit,
                                      .cancel_grace = limit});
  if (!opened)
    return "the server does not say why: " + opened.error().message;
  const auto row = opened->exec_prepared(select_wait, db::params().int4(wait.backend_pid));
  if (!row)
    return "the server does not say why: " + row.error().message;
  return row->empty() ? "the server does not say why" : std::string{row->get_text(0, 0)};
}

} // namespace

void start_watch::step(std::string doing) {
  doing_ = std::move(doing);
  node_.status.set_problem(problem, doing_);
}

bool start_watch::gives_up(const db::server_wait& wait) {
  if (stop_requested_())
    return true;
  if (wait.waited.count() == 0)
    next_report_ = first_report;
  if (wait.waited < next_report_)
    return false;
  next_report_ = wait.waited + further_reports;
  const auto text =
      fmt::format("{}: waiting for {} for {} s: {}", doing_, wait.statement,
                  std::chrono::duration_cast<std::chrono::seconds>(wait.waited).count(),
                  reason_of(wait, node_.conninfo));
  log::node().warn("the start waits in the database, {}", text);
  node_.status.set_problem(problem, text);
  return stop_requested_();
}

} // namespace prism
