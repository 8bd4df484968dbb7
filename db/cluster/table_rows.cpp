#include "db/cluster/table_rows.hpp"

#include "db/pg/row_reader.hpp"

#include <algorithm>

namespace prism::db {

namespace {

// Four kinds of rows in the same columns: the state with the lease, live members, dead members,
// shards. Before there was a cluster, a lease had no end ('infinity').
const statement read_table{"cluster_table", R"sql(
  SELECT 0 AS part, 0::bigint AS place, coalesce(l.holder, '') AS node, '' AS name, '' AS address,
    '' AS version, coalesce(s.view, 0) AS view, coalesce(l.epoch, 0) AS number,
    CASE WHEN isfinite(l.expires_at)
      THEN (extract(epoch FROM l.expires_at - clock_timestamp()) * 1000)::bigint ELSE 0
    END AS expires_in, 0 AS protocol_min, 0 AS protocol_max, false AS flag, '' AS dead,
    0::bigint AS ttl
  FROM (SELECT $1::text AS service) q
  LEFT JOIN cluster_state s ON s.service = q.service
  LEFT JOIN leases l ON l.name = 'writer ' || q.service
  UNION ALL
  SELECT 1, 0, node::text, name, address, version, view, 0,
    (extract(epoch FROM expires_at - clock_timestamp()) * 1000)::bigint, protocol_min,
    protocol_max, draining, '', coalesce(ttl_ms, 0)
  FROM cluster_members
  WHERE service = $1 AND dead_at IS NULL
  UNION ALL (
    SELECT 2, (-extract(epoch FROM dead_at) * 1000000)::bigint, node::text, name, address,
      version, view, 0, (extract(epoch FROM expires_at - clock_timestamp()) * 1000)::bigint,
      protocol_min, protocol_max, draining, dead_reason, coalesce(ttl_ms, 0)
    FROM cluster_members
    WHERE service = $1 AND dead_at IS NOT NULL
    ORDER BY node::text <> $2::text, dead_at DESC
    LIMIT $3
  )
  UNION ALL
  SELECT 3, shard, coalesce(node::text, ''), '', '', '', 0, token, 0, 0, 0, pinned, '', 0
  FROM shard_placement
  WHERE service = $1
  ORDER BY part, place, name, node
)sql"};

enum class part : std::int32_t { state = 0, live = 1, dead = 2, shard = 3 };

} // namespace

std::size_t queue_read_table(pipeline& out, std::string_view service, std::string_view self) {
  return out.add(read_table, std::move(params{}.text(service).text(self).int8(
                                 std::int64_t{dead_members_read})));
}

cluster::table table_of(const result& rows) {
  cluster::table out;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    part kind{};
    std::int64_t place = 0;
    std::int64_t number = 0;
    std::int64_t expires_in = 0;
    std::int64_t ttl = 0;
    bool flag = false;
    cluster::member who;
    row_reader(rows, i) >> kind >> place >> who.id >> who.name >> who.address >> who.version >>
        who.view >> number >> expires_in >> who.protocol.min >> who.protocol.max >> flag >>
        who.dead_reason >> ttl;
    const std::chrono::milliseconds left{expires_in};
    switch (kind) {
    case part::state:
      out.view = who.view;
      out.lead = {who.id, number, left};
      break;
    case part::live:
    case part::dead:
      who.draining = flag;
      who.expires_in = left;
      who.ttl = std::chrono::milliseconds{ttl};
      out.members.push_back(std::move(who));
      break;
    case part::shard:
      out.placement.push_back({static_cast<std::int32_t>(place), who.id, number, flag});
      break;
    }
  }
  return out;
}

} // namespace prism::db
