#include "db/cluster/statements.hpp"

#include "db/pg/row_reader.hpp"
#include "log/line_limit.hpp"
#include "log/log.hpp"

namespace prism::db {

namespace {

const statement make_lease{"cluster_make_lease", R"sql(
  INSERT INTO leases(name, holder, epoch, expires_at)
  VALUES ('writer ' || $1::text, '', 0, clock_timestamp())
  ON CONFLICT (name) DO NOTHING
)sql"};

const statement lock_lease{"cluster_lock_lease", R"sql(
  SELECT holder, epoch, (
    SELECT bool_and(has_function_privilege(oid, 'EXECUTE'))
    FROM pg_proc
    WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = 'pg_terminate_backend'
  )
  FROM leases
  WHERE name = 'writer ' || $1::text
  FOR UPDATE
)sql"};

const statement make_state{"cluster_make_state", R"sql(
  INSERT INTO cluster_state(service, view, shards)
  VALUES ($1, 0, 0)
  ON CONFLICT (service) DO NOTHING
)sql"};

const statement lock_state{"cluster_lock_state", R"sql(
  SELECT view, shards
  FROM cluster_state
  WHERE service = $1
  FOR UPDATE
)sql"};

const statement set_state{"cluster_set_state", R"sql(
  UPDATE cluster_state
  SET view = $2, shards = $3
  WHERE service = $1
)sql"};

const statement mark_dead{"cluster_mark_dead", R"sql(
  UPDATE cluster_members
  SET dead_at = clock_timestamp(), dead_reason = $3
  WHERE service = $1 AND node = ANY ($2::text[]::uuid[]) AND dead_at IS NULL
)sql"};

// A renewal that is under way is waited for, and counts.
const statement mark_expired{"cluster_mark_expired", R"sql(
  UPDATE cluster_members
  SET dead_at = clock_timestamp(), dead_reason = 'expired'
  WHERE service = $1 AND node = ANY ($2::text[]::uuid[]) AND dead_at IS NULL
    AND expires_at <= clock_timestamp()
)sql"};

const statement free_lease{"cluster_free_lease", R"sql(
  UPDATE leases
  SET expires_at = clock_timestamp()
  WHERE name = 'writer ' || $1::text AND holder = ANY ($2::text[])
)sql"};

// Only sessions of the own role: that needs no privilege.
const statement end_sessions{"cluster_end_sessions", R"sql(
  SELECT pid, pg_terminate_backend(pid)
  FROM pg_stat_activity
  WHERE application_name = ANY ($1::text[]) AND usename = current_user
    AND pid <> pg_backend_pid()
)sql"};

const statement forget_dead{"cluster_forget_dead", R"sql(
  DELETE FROM cluster_members
  WHERE service = $1 AND dead_at IS NOT NULL AND (
    dead_at < clock_timestamp() - interval '1 day' OR node NOT IN (
      SELECT node
      FROM cluster_members
      WHERE service = $1 AND dead_at IS NOT NULL
      ORDER BY dead_at DESC
      LIMIT 200
    )
  )
)sql"};

const statement put_placement{"cluster_put_placement", R"sql(
  INSERT INTO shard_placement(service, shard, node, token, pinned)
  SELECT $1, shard, nullif(node, '')::uuid, token, pinned
  FROM unnest($2::int4[], $3::text[], $4::int8[], $5::bool[]) AS n(shard, node, token, pinned)
  ORDER BY shard
  ON CONFLICT (service, shard) DO UPDATE
  SET node = excluded.node, token = excluded.token, pinned = excluded.pinned
)sql"};

log::line_limit<std::string> privilege_lines{std::chrono::minutes{1}, 1};

} // namespace

std::size_t queue_lock_lease(pipeline& out, std::string_view service) {
  out.add(make_lease, std::move(params{}.text(service)));
  return out.add(lock_lease, std::move(params{}.text(service)));
}

locked_lease read_locked_lease(const result& rows) {
  locked_lease out;
  row_reader(rows, 0) >> out.holder >> out.epoch >> out.may_end_sessions;
  return out;
}

std::size_t queue_lock_state(pipeline& out, std::string_view service) {
  out.add(make_state, std::move(params{}.text(service)));
  return out.add(lock_state, std::move(params{}.text(service)));
}

locked_state read_locked_state(const result& rows) {
  locked_state out;
  row_reader(rows, 0) >> out.view >> out.shards;
  return out;
}

void queue_set_state(pipeline& out, std::string_view service, const locked_state& now) {
  out.add(set_state, std::move(params{}.text(service).int8(now.view).int4(now.shards)));
}

void queue_mark_dead(pipeline& out, std::string_view service,
                     const std::vector<cluster::node_id>& nodes, std::string_view reason) {
  if (!nodes.empty())
    out.add(mark_dead, std::move(params{}.text(service).text_array(nodes).text(reason)));
}

std::size_t queue_mark_expired(pipeline& out, std::string_view service,
                               const std::vector<cluster::node_id>& nodes) {
  return out.add(mark_expired, std::move(params{}.text(service).text_array(nodes)));
}

void queue_free_lease(pipeline& out, std::string_view service,
                      const std::vector<cluster::node_id>& holders) {
  if (!holders.empty())
    out.add(free_lease, std::move(params{}.text(service).text_array(holders)));
}

void queue_end_sessions(pipeline& out, const std::vector<cluster::node_id>& nodes,
                        const locked_lease& lease) {
  if (nodes.empty())
    return;
  if (!lease.may_end_sessions) {
    if (privilege_lines.allow("", std::chrono::steady_clock::now()))
      log::database().warn(
          "cluster: this role may not call pg_terminate_backend, so locks of the "
          "dead nodes {} last until the server notices their end; GRANT EXECUTE ON "
          "FUNCTION pg_terminate_backend(integer, bigint) to it",
          fmt::join(nodes, ", "));
    return;
  }
  out.add(end_sessions, std::move(params{}.text_array(nodes, cluster::session_name)));
}

void queue_forget_dead(pipeline& out, std::string_view service) {
  out.add(forget_dead, std::move(params{}.text(service)));
}

std::vector<std::int32_t> numbers_of(const std::vector<cluster::placed_shard>& shards) {
  std::vector<std::int32_t> out;
  for (const auto& each : shards)
    out.push_back(each.shard);
  return out;
}

void queue_put_placement(pipeline& out, std::string_view service,
                         const std::vector<cluster::placed_shard>& shards) {
  using shard = cluster::placed_shard;
  if (!shards.empty())
    out.add(put_placement, std::move(params{}
                                         .text(service)
                                         .int4_array(shards, &shard::shard)
                                         .text_array(shards, &shard::node)
                                         .int8_array(shards, &shard::token)
                                         .boolean_array(shards, &shard::pinned)));
}

} // namespace prism::db
