#include "db/reads/server_ids.hpp"

#include "db/pg/row_reader.hpp"

namespace prism::reads {

namespace {

// A role sees when its own sessions began.
const db::statement select_sessions{"sessions_of_server", R"sql(
  SELECT pg_backend_pid(),
    coalesce((
      SELECT (extract(epoch FROM backend_start) * 1000000)::int8 FROM pg_stat_activity
      WHERE pid = pg_backend_pid()
    ), 0),
    EXISTS (
      SELECT FROM pg_stat_activity
      WHERE pid = $1 AND (extract(epoch FROM backend_start) * 1000000)::int8 = $2
        AND datname = current_database()
    )
)sql"};

} // namespace

db::outcome<std::shared_ptr<id_cache>> server_ids::join(db::connection& on) {
  identity founder;
  std::shared_ptr<id_cache> ids;
  {
    const std::scoped_lock lock(mutex_);
    founder = founder_;
    ids = ids_;
  }
  db::params p;
  p.int4(founder.pid).int8(founder.started);
  const auto rows = on.exec_prepared(select_sessions, p);
  if (!rows)
    return tl::unexpected(rows.error());
  identity own;
  bool is_open = false;
  db::row_reader(*rows, 0) >> own.pid >> own.started >> is_open;
  if (is_open)
    return ids;
  // A pooler invents the number by which a statement is cancelled.
  if (own.pid != on.backend_pid() || own.started == 0)
    return std::make_shared<id_cache>(0, 0);
  ids = std::make_shared<id_cache>();
  const std::scoped_lock lock(mutex_);
  founder_ = own;
  ids_ = ids;
  return ids;
}

std::shared_ptr<const id_cache> server_ids::current() const {
  const std::scoped_lock lock(mutex_);
  return ids_;
}

} // namespace prism::reads
