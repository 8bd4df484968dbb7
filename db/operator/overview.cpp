#include "db/operator/overview.hpp"

#include "db/pg/row_reader.hpp"
#include "db/pg/statement.hpp"

namespace prism::db {

namespace {

const statement select_all_cursors{"list_cursors", R"sql(
  SELECT service, shard, seq, epoch, extract(epoch FROM now() - updated_at)::bigint
  FROM firehose_cursor ORDER BY service, shard LIMIT $1
)sql"};

// The oldest are at the front of an index.
const statement select_parked{"list_parked", R"sql(
  SELECT creator.did, parked.collection, parked.rkey, coalesce(owner.did, ''), uri.collection, uri.rkey,
    extract(epoch FROM now() - parked.parked_at)::bigint
  FROM (SELECT * FROM pending_ops ORDER BY parked_at LIMIT $1) parked
  JOIN users creator ON creator.id = parked.creator_id
  JOIN uris uri ON uri.id = parked.referent_id
  LEFT JOIN users owner ON owner.id = uri.repo_id
  ORDER BY parked.parked_at
)sql"};

const statement select_parked_of{"list_parked_of", R"sql(
  WITH account AS (SELECT id FROM users WHERE did = $2),
  parked AS (
    (SELECT pending_ops.* FROM account JOIN pending_ops ON creator_id = account.id
     WHERE $3 = '' LIMIT $1)
    UNION
    (SELECT pending_ops.* FROM account JOIN uris ON uris.repo_id = account.id
     JOIN pending_ops ON referent_id = uris.id
     WHERE $3 = '' OR uris.rkey = $3 LIMIT $1)
  )
  SELECT creator.did, parked.collection, parked.rkey, coalesce(owner.did, ''), uri.collection, uri.rkey,
    extract(epoch FROM now() - parked.parked_at)::bigint
  FROM parked
  JOIN users creator ON creator.id = parked.creator_id
  JOIN uris uri ON uri.id = parked.referent_id
  LEFT JOIN users owner ON owner.id = uri.repo_id
  ORDER BY parked.parked_at LIMIT $1
)sql"};

const statement select_newest_users{"list_users", R"sql(
  SELECT id, did, coalesce(handle, ''), coalesce(status, '') FROM users ORDER BY id DESC LIMIT $1
)sql"};

const statement select_session_counts{"count_sessions", R"sql(
  SELECT sessions.total, sessions.expired, states.total, states.expired
  FROM
    (SELECT count(*) AS total, count(*) FILTER (WHERE expires_at < now()) AS expired
     FROM (SELECT expires_at FROM sessions LIMIT 10000) counted) sessions,
    (SELECT count(*) AS total, count(*) FILTER (WHERE expires_at < now()) AS expired
     FROM (SELECT expires_at FROM oauth_states LIMIT 10000) counted) states
)sql"};

const statement select_table_sizes{"table_sizes", R"sql(
  SELECT relname::text, greatest(reltuples, 0)::bigint, pg_total_relation_size(pg_class.oid)
  FROM pg_class
  WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
  ORDER BY 3 DESC, 1 LIMIT 100
)sql"};

const statement upsert_identity_task{"refresh_identity", R"sql(
  INSERT INTO identity_tasks (user_id, kind, event_time, forced)
  SELECT id, 0 /* handle */, now(), true FROM users WHERE did = $1
  ON CONFLICT (user_id, kind) DO UPDATE SET
    forced = true, version = identity_tasks.version + 1, attempts = 0, due_at = now()
  RETURNING user_id
)sql"};

[[nodiscard]] outcome<result> limited(executor& on, const statement& query, std::int64_t limit) {
  params p;
  p.int8(limit);
  return on.exec_prepared(query, p);
}

} // namespace

outcome<std::vector<cursor_row>> list_cursors(executor& on, std::int64_t limit) {
  const auto rows = limited(on, select_all_cursors, limit);
  if (!rows)
    return tl::unexpected(rows.error());
  std::vector<cursor_row> out(rows->rows());
  for (std::size_t i = 0; i < rows->rows(); ++i)
    row_reader(*rows, i) >> out[i].service >> out[i].shard >> out[i].seq >> out[i].epoch >>
        out[i].moved_seconds_ago;
  return out;
}

outcome<std::vector<parked_row>> list_parked(executor& on, std::string_view did,
                                             std::string_view rkey, std::int64_t limit) {
  params p;
  p.int8(limit);
  if (!did.empty())
    p.text(did).text(rkey);
  const auto rows = on.exec_prepared(did.empty() ? select_parked : select_parked_of, p);
  if (!rows)
    return tl::unexpected(rows.error());
  std::vector<parked_row> out(rows->rows());
  for (std::size_t i = 0; i < rows->rows(); ++i) {
    std::int16_t collection = 0;
    std::int16_t referent = 0;
    row_reader(*rows, i) >> out[i].creator >> collection >> out[i].rkey >> out[i].waits_for >>
        referent >> out[i].referent_rkey >> out[i].parked_seconds_ago;
    out[i].collection = collection;
    out[i].referent_collection = referent;
  }
  return out;
}

outcome<std::vector<account_row>> list_users(executor& on, std::int64_t limit) {
  const auto rows = limited(on, select_newest_users, limit);
  if (!rows)
    return tl::unexpected(rows.error());
  std::vector<account_row> out(rows->rows());
  for (std::size_t i = 0; i < rows->rows(); ++i)
    row_reader(*rows, i) >> out[i].id >> out[i].did >> out[i].handle >> out[i].status;
  return out;
}

outcome<session_counts> count_sessions(executor& on) {
  const auto rows = on.exec_prepared(select_session_counts);
  if (!rows)
    return tl::unexpected(rows.error());
  session_counts out;
  row_reader(*rows, 0) >> out.sessions >> out.expired_sessions >> out.oauth_states >>
      out.expired_oauth_states;
  return out;
}

outcome<std::vector<table_size>> table_sizes(executor& on) {
  const auto rows = on.exec_prepared(select_table_sizes);
  if (!rows)
    return tl::unexpected(rows.error());
  std::vector<table_size> out(rows->rows());
  for (std::size_t i = 0; i < rows->rows(); ++i)
    row_reader(*rows, i) >> out[i].table >> out[i].rows >> out[i].bytes;
  return out;
}

outcome<bool> refresh_identity(executor& on, std::string_view did) {
  params p;
  p.text(did);
  const auto rows = on.exec_prepared(upsert_identity_task, p);
  if (!rows)
    return tl::unexpected(rows.error());
  return !rows->empty();
}

} // namespace prism::db
