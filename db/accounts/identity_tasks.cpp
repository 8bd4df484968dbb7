#include "db/accounts/identity.hpp"
#include "db/pg/pipeline.hpp"
#include "db/pg/row_reader.hpp"

namespace prism::db {

namespace {

// Index: identity_tasks_due, users_pkey.
const statement claim_tasks{"claim_identity_tasks", R"sql(
  WITH due AS (
    SELECT user_id, kind
    FROM identity_tasks
    WHERE due_at <= now() AND user_id <> ALL ($3)
    ORDER BY due_at
    LIMIT $1
    FOR UPDATE SKIP LOCKED
  )
  UPDATE identity_tasks t
  SET claimed = true, claimed_by = $4::text::uuid, due_at = now() + $2 * interval '1 millisecond'
  FROM due d
  JOIN users u ON u.id = d.user_id
  WHERE t.user_id = d.user_id AND t.kind = d.kind
  RETURNING t.kind, t.user_id, u.did, t.event_time, t.place, t.forced, t.version, t.attempts,
    clock_timestamp(), coalesce(u.identity_place, 0)
)sql"};

const statement count_tasks{"count_identity_tasks", R"sql(
  SELECT count(*), count(*) FILTER (WHERE attempts = 0)
  FROM (SELECT attempts FROM identity_tasks LIMIT $1) AS counted
)sql"};

const statement release_tasks{"release_identity_tasks", R"sql(
  UPDATE identity_tasks t
  SET claimed = false, claimed_by = NULL, due_at = now()
  WHERE claimed AND (
    claimed_by = $1::text::uuid OR NOT EXISTS (
      SELECT FROM cluster_members m
      WHERE m.node = t.claimed_by AND m.dead_at IS NULL
    )
  )
)sql"};

} // namespace

outcome<claimed_tasks> claim_identity_tasks(executor& on, std::string_view node, std::int64_t limit,
                                            std::chrono::milliseconds claim_time,
                                            const std::vector<std::int64_t>& busy) {
  pipeline out(on);
  params claim;
  claim.int8(limit).int8(std::int64_t{claim_time.count()}).int8_array(busy).text(node);
  const auto tasks_at = out.add(claim_tasks, std::move(claim));
  const auto counts_at = out.add(count_tasks, std::move(params{}.int8(claimed_tasks::count_limit)));
  const auto results = out.sync();
  if (!results)
    return tl::unexpected(results.error());
  claimed_tasks done;
  done.tasks =
      read_rows<identity_task>((*results)[tasks_at], [](identity_task& task, row_reader& row) {
        row >> task.kind >> task.user_id >> task.did >> timestamp(task.event_time) >> task.place >>
            task.forced >> task.version >> task.attempts >> timestamp(task.asked_at) >>
            task.identity_place;
      });
  row_reader((*results)[counts_at], 0) >> done.queued >> done.untried;
  return done;
}

outcome<void> release_identity_tasks(executor& on, std::string_view node) {
  if (auto done = on.exec_prepared(release_tasks, params{}.text(node)); !done)
    return tl::unexpected(done.error());
  return {};
}

} // namespace prism::db
