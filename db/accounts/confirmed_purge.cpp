#include "db/accounts/account_removal.hpp"
#include "db/accounts/older_transactions.hpp"
#include "db/accounts/purge.hpp"
#include "db/accounts/purge_transaction.hpp"
#include "db/index/membership.hpp"

/// Deletions that were confirmed by the account's PDS.
namespace prism::db {

namespace {

const statement same_task{"same_identity_task", R"sql(
  SELECT FROM identity_tasks
  WHERE user_id = $1 AND kind = $2 AND version = $3
  FOR UPDATE
)sql"};

const statement put_deleted{"put_deleted", R"sql(
  UPDATE users
  SET status = 'deleted', status_place = $2, handle = NULL, indexed_at = NULL
  WHERE id = $1 AND (status_place IS NULL OR status_place < $2)
)sql"};

const statement first_place{"first_place_of_deletion", R"sql(
  SELECT place
  FROM account_deletions
  WHERE user_id = $1 AND event_time = $2
  ORDER BY place
  LIMIT 1
)sql"};

const statement drop_tasks{"drop_identity_tasks", R"sql(
  DELETE FROM identity_tasks
  WHERE user_id = $1 AND place <= $2
)sql"};

/// Locks the task, and the shard's cursor by this statement, and checks the node's membership.
/// @returns whether the task is still the same.
[[nodiscard]] outcome<bool> open_purge(tx& on, const confirmed_deletion& deletion,
                                       const statement& cursor) {
  const auto& task = deletion.task;
  pipeline prologue(on);
  queue_prologue(prologue, deletion.service, deletion.shard, cursor);
  const auto member_at = queue_check_member(prologue, deletion.node);
  const auto task_at =
      prologue.add(same_task, std::move(params{}
                                            .int8(task.user_id)
                                            .int2(static_cast<std::int16_t>(task.kind))
                                            .int4(task.version)));
  const auto results = prologue.sync();
  if (!results)
    return tl::unexpected(results.error());
  if (auto member = read_member((*results)[member_at], deletion.node); !member)
    return tl::unexpected(member.error());
  return !(*results)[task_at].empty();
}

/// Marks the account as deleted, so that batches that begin from now on do not notify it. It need
/// not wait for the shard's batch: the row of the user decides which of two events is the newer
/// one.
[[nodiscard]] outcome<bool> mark_deleted(tx& on, const confirmed_deletion& deletion) {
  auto same = open_purge(on, deletion, hold_cursor);
  if (!same || !*same)
    return same;
  params key;
  key.int8(deletion.task.user_id).int8(deletion.task.place);
  if (auto done = on.exec_prepared(put_deleted, key); !done)
    return tl::unexpected(done.error());
  return true;
}

/// One chunk; the last one deletes the task as well.
[[nodiscard]] outcome<bool> purge_chunk_confirmed(tx& on, const confirmed_deletion& deletion,
                                                  late_locks& late, apply_report& report) {
  const auto& task = deletion.task;
  auto same = open_purge(on, deletion, lock_cursor);
  if (!same || !*same)
    return same;
  const auto first =
      on.exec_prepared(first_place, params{}.int8(task.user_id).timestamptz(task.event_time));
  if (!first)
    return tl::unexpected(first.error());
  // Absent: it came to an older version of this program.
  const auto until = first->empty() ? task.place : first->get_int8(0, 0);
  auto more = delete_chunk(on, {task.did, task.user_id, task.place, until}, late, report);
  if (!more || *more)
    return more;
  params key;
  key.int8(task.user_id).int8(task.place);
  return on.exec_prepared(drop_tasks, key).map([](const auto&) { return false; });
}

} // namespace

outcome<apply_report> purge_confirmed(connection& on, const tx_options& options,
                                      const confirmed_deletion& deletion) {
  partial_report ignored;
  return purge_confirmed(on, options, deletion, ignored);
}

outcome<apply_report> purge_confirmed(connection& on, const tx_options& options,
                                      const confirmed_deletion& deletion, partial_report& partial) {
  const auto marked =
      transaction::run(on, options, [&](tx& inside) { return mark_deleted(inside, deletion); });
  if (!marked)
    return tl::unexpected(marked.error());
  if (auto waited = wait_for_older_transactions(on, options.deadline); !waited)
    return tl::unexpected(waited.error());
  const auto done = run_chunks(on, options, partial.done,
                               [&](tx& inside, late_locks& late, apply_report& report) {
                                 return purge_chunk_confirmed(inside, deletion, late, report);
                               });
  if (!done)
    return tl::unexpected(done.error());
  return std::exchange(partial.done, {});
}

} // namespace prism::db
