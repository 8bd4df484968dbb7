#include "db/cluster/cluster.hpp"
#include "db/cluster/table_rows.hpp"

/// What each node does once a second.
namespace prism::db {

namespace {

using action = cluster::round_request::lease_action;

const statement renew_member{"cluster_renew_member", R"sql(
  UPDATE cluster_members
  SET expires_at = clock_timestamp() + $2 * interval '1 millisecond',
    view = greatest(view, $3), draining = draining OR $4
  WHERE node = $1::text::uuid AND dead_at IS NULL AND ($5 OR $4 AND NOT draining)
)sql"};

// For the statement that follows, which sees what was committed during the wait for the row.
const statement wait_for_lease{"cluster_wait_for_lease", R"sql(
  SELECT FROM leases
  WHERE name = 'writer ' || $1::text
  FOR UPDATE
)sql"};

const statement renew_lease{"cluster_renew_lease", R"sql(
  UPDATE leases
  SET expires_at = clock_timestamp() + $4 * interval '1 millisecond'
  WHERE name = 'writer ' || $1::text AND holder = $2 AND epoch = $3
    AND EXISTS (SELECT FROM cluster_members WHERE node = $2::text::uuid AND dead_at IS NULL)
)sql"};

// Free: expired, or its holder is not live, or it ends later than this node or the holder would
// have written: the database's clock was set back.
const statement take_lease{"cluster_take_lease", R"sql(
  UPDATE leases l
  SET holder = $2, epoch = l.epoch + 1,
    expires_at = clock_timestamp() + $3 * interval '1 millisecond'
  WHERE l.name = 'writer ' || $1::text
    AND EXISTS (SELECT FROM cluster_members WHERE node = $2::text::uuid AND dead_at IS NULL)
    AND (
      l.expires_at <= clock_timestamp()
      OR NOT EXISTS (
        SELECT FROM cluster_members m
        WHERE m.service = $1 AND m.node::text = l.holder AND m.dead_at IS NULL
          AND l.expires_at
            <= clock_timestamp() + 2 * greatest($3, m.ttl_ms) * interval '1 millisecond'
      )
    )
)sql"};

const statement resign_lease{"cluster_resign_lease", R"sql(
  UPDATE leases
  SET expires_at = least(expires_at, clock_timestamp())
  WHERE name = 'writer ' || $1::text AND holder = $2 AND epoch = $3
)sql"};

void queue_lease_action(pipeline& out, std::string_view service, const cluster::node_id& self,
                        const cluster::round_request& what, std::chrono::milliseconds ttl) {
  params key;
  key.text(service).text(self);
  switch (what.lease) {
  case action::none:
    return;
  case action::renew:
    out.add(renew_lease, std::move(key.int8(what.epoch).int8(std::int64_t{ttl.count()})));
    return;
  case action::take:
    out.add(wait_for_lease, std::move(params{}.text(service)));
    out.add(take_lease, std::move(key.int8(std::int64_t{ttl.count()})));
    return;
  case action::resign:
    out.add(resign_lease, std::move(key.int8(what.epoch)));
    return;
  }
}

} // namespace

outcome<cluster::table> cluster_round(connection& on, const tx_options& options,
                                      std::string_view service, const cluster::node_id& self,
                                      const cluster::round_request& what,
                                      std::chrono::milliseconds ttl) {
  return transaction::run(on, options, [&](tx& inside) -> outcome<cluster::table> {
    pipeline out(inside);
    queue_lease_action(out, service, self, what, ttl);
    if (what.renew_member || what.draining)
      out.add(renew_member, std::move(params{}
                                          .text(self)
                                          .int8(std::int64_t{ttl.count()})
                                          .int8(what.view)
                                          .boolean(what.draining)
                                          .boolean(what.renew_member)));
    const auto table_at = queue_read_table(out, service, self);
    const auto rows = out.sync();
    if (!rows)
      return tl::unexpected(rows.error());
    return table_of((*rows)[table_at]);
  });
}

outcome<cluster::table> read_cluster(executor& on, std::string_view service) {
  pipeline out(on);
  queue_read_table(out, service, {});
  const auto rows = out.sync();
  if (!rows)
    return tl::unexpected(rows.error());
  return table_of(rows->front());
}

} // namespace prism::db
