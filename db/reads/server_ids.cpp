#include "db/reads/server_ids.hpp"

#include "db/pg/row_reader.hpp"

namespace prism::reads {

namespace {

// A role sees when its own sessions began.
const db::statement select_sessions{"sessions_of_server", R"sql(
  WITH sessions AS (
    SELECT pid, (extract(epoch FROM backend_start) * 1000000)::int8 AS started
    FROM pg_stat_activity
    WHERE datname = current_database()
  )
  SELECT pg_backend_pid(),
    coalesce((SELECT started FROM sessions WHERE pid = pg_backend_pid()), 0),
    EXISTS (SELECT FROM sessions WHERE pid = $1 AND started = $2)
)sql"};

} // namespace

db::outcome<server_ids::joined> server_ids::join(db::connection& on) {
  for (;;) {
    const auto known = founder();
    db::params p;
    p.int4(known.pid).int8(known.started);
    const auto rows = on.exec_prepared(select_sessions, p);
    if (!rows)
      return tl::unexpected(rows.error());
    session_identity own;
    bool is_open = false;
    db::row_reader(*rows, 0) >> own.pid >> own.started >> is_open;
    // A pooler invents the number by which a statement is cancelled.
    if (own.pid != on.backend_pid() || own.started == 0)
      return joined{std::make_shared<id_cache>(0, 0), true};
    const std::scoped_lock lock(mutex_);
    if (founder_ != known)
      continue; // another session was faster
    if (!is_open) {
      founder_ = own;
      ids_ = std::make_shared<id_cache>();
    }
    return joined{ids_};
  }
}

server_ids::session_identity server_ids::founder() const {
  const std::scoped_lock lock(mutex_);
  return founder_;
}

std::shared_ptr<const id_cache> server_ids::current() const {
  const std::scoped_lock lock(mutex_);
  return ids_;
}

} // namespace prism::reads
