#include "db/operator/server_sessions.hpp"

#include "db/pg/row_reader.hpp"
#include "db/pg/statement.hpp"

namespace prism::db {

namespace {

// pg_blocking_pids stops the lock manager for a moment, so it is asked only for those that wait.
const statement select_server_sessions{"list_server_sessions", R"sql(
  WITH ours AS MATERIALIZED (
    SELECT pid,
      CASE WHEN wait_event_type = 'Lock' THEN pg_blocking_pids(pid) ELSE '{}' END AS blockers
    FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'prismd %-%-%-%-%'
  ),
  holders AS MATERIALIZED (SELECT DISTINCT unnest(blockers) AS pid FROM ours)
  SELECT activity.pid, coalesce(application_name, ''), coalesce(usename::text, ''),
    coalesce(state, ''),
    coalesce((extract(epoch FROM clock_timestamp() - state_change) * 1000)::bigint, 0),
    coalesce((extract(epoch FROM clock_timestamp() - xact_start) * 1000)::bigint, 0),
    CASE WHEN wait_event_type = 'Client' THEN '' ELSE concat_ws(' ', wait_event_type, wait_event) END,
    coalesce(array_to_string(ours.blockers, ' '), ''), holders.pid IS NOT NULL,
    CASE WHEN ours.pid IS NULL THEN split_part(ltrim(coalesce(query, '')), ' ', 1)
      ELSE left(btrim(regexp_replace(coalesce(query, ''), '\s+', ' ', 'g')), 80) END
  FROM pg_stat_activity activity
  LEFT JOIN ours ON ours.pid = activity.pid
  LEFT JOIN holders ON holders.pid = activity.pid
  WHERE ours.pid IS NOT NULL OR holders.pid IS NOT NULL
  ORDER BY holders.pid IS NOT NULL DESC, state = 'idle', state_change, activity.pid
  LIMIT $1
)sql"};

} // namespace

outcome<std::vector<server_session>> list_server_sessions(executor& on, std::int64_t limit) {
  params p;
  p.int8(limit);
  const auto rows = on.exec_prepared(select_server_sessions, p);
  if (!rows)
    return tl::unexpected(rows.error());
  std::vector<server_session> out(rows->rows());
  for (std::size_t i = 0; i < rows->rows(); ++i)
    row_reader(*rows, i) >> out[i].pid >> out[i].application >> out[i].user >> out[i].state >>
        out[i].state_ms >> out[i].transaction_ms >> out[i].waits_for >> out[i].blocked_by >>
        out[i].blocks >> out[i].statement;
  return out;
}

} // namespace prism::db
