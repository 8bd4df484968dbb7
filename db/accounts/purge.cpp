#include "db/accounts/purge.hpp"

#include "db/accounts/account_removal.hpp"
#include "db/accounts/identity.hpp"
#include "db/index/plan_settings.hpp"
#include "db/index/progress.hpp"
#include "db/pg/pipeline.hpp"

#include <chrono>
#include <optional>
#include <thread>

namespace prism::db {

namespace {

const statement newer_deletion{"newer_deletion", R"sql(
  SELECT did
  FROM users
  WHERE id = $1 AND (status_time IS NULL OR status_time < $2)
)sql"};

const statement next_transaction{
    "next_transaction", R"sql(SELECT pg_snapshot_xmax(pg_current_snapshot())::text::int8)sql"};
const statement oldest_transaction{
    "oldest_transaction", R"sql(SELECT pg_snapshot_xmin(pg_current_snapshot())::text::int8)sql"};

// Later than anything: a deletion in its place in the stream concerns all that is stored.
constexpr micros end_of_time = 253'402'300'799'000'000; // the year 9999

// Waits for the shard's running batch, and keeps the next one waiting.
const statement lock_cursor{"lock_cursor", R"sql(
  SELECT epoch, seq
  FROM firehose_cursor
  WHERE service = $1 AND shard = $2
  FOR UPDATE
)sql"};

const statement same_task{"same_identity_task", R"sql(
  SELECT FROM identity_tasks
  WHERE user_id = $1 AND kind = $2 AND version = $3
  FOR UPDATE
)sql"};

const statement put_deleted{"put_deleted", R"sql(
  UPDATE users
  SET status = 'deleted', status_time = $2, handle = NULL, indexed_at = CASE
    WHEN indexed_at > $2 THEN indexed_at END
  WHERE id = $1 AND (status_time IS NULL OR status_time < $2)
)sql"};

const statement drop_tasks{"drop_identity_tasks", R"sql(
  DELETE FROM identity_tasks
  WHERE user_id = $1 AND event_time <= $2
)sql"};

/// What an event takes away that is believed, or nothing if something newer is known.
[[nodiscard]] outcome<std::optional<account_removal>>
believed_removal(executor& on, const batch& of, const account_event& event) {
  const auto account = of.user_ids[event.account];
  params p;
  p.int8(account).timestamptz(event.time);
  const auto newer = on.exec_prepared(newer_deletion, p);
  if (!newer)
    return tl::unexpected(newer.error());
  if (newer->empty())
    return std::nullopt;
  return account_removal{std::string{newer->get_text(0, 0)}, account, event.time, end_of_time};
}

[[nodiscard]] bool is_believed(const batch& of, const account_event& event) {
  return !of.verify_deletions && is_deletion(event);
}

/// Queues what each transaction of a purge begins with, at the beginning.
void queue_prologue(pipeline& out, std::string_view service, std::int32_t shard) {
  out.add(plan_settings);
  out.add(lock_cursor, std::move(params{}.text(service).int4(shard)));
}

/// The seq of the shard that the opening has locked.
[[nodiscard]] outcome<std::int64_t> read_prologue(const std::vector<result>& opened,
                                                  std::string_view service, std::int64_t epoch) {
  const auto& cursor = opened[1];
  if (cursor.empty() || cursor.get_int8(0, 0) != epoch)
    return tl::unexpected(fenced(service, epoch));
  return cursor.get_int8(0, 1);
}

/// One portion of a believed deletion ahead of its batch, whose cursor stays where it is.
[[nodiscard]] outcome<bool> purge_chunk_before_batch(tx& on, const batch& of,
                                                     const account_event& event,
                                                     apply_report& report) {
  pipeline prologue(on);
  queue_prologue(prologue, of.service, of.shard);
  const auto opened = prologue.sync();
  if (!opened)
    return tl::unexpected(opened.error());
  const auto seq = read_prologue(*opened, of.service, of.epoch);
  if (!seq)
    return tl::unexpected(seq.error());
  if (*seq >= of.last_seq)
    return false;
  const auto what = believed_removal(on, of, event);
  if (!what)
    return tl::unexpected(what.error());
  return *what ? delete_chunk(on, **what, report) : outcome<bool>{false};
}

/// Runs `chunk` in transactions of its own until it says that there is no more. What they did is
/// added to `sum`; of one whose COMMIT was not answered nobody knows.
template <class Chunk>
[[nodiscard]] outcome<void> run_chunks(connection& on, const tx_options& options, apply_report& sum,
                                       const Chunk& chunk) {
  for (;;) {
    apply_report report;
    const auto more = transaction::run(on, options, [&](tx& inside) {
      report = {};
      return chunk(inside, report);
    });
    if (!more)
      return tl::unexpected(more.error());
    sum.add(std::move(report));
    if (!*more)
      return {};
  }
}

} // namespace

outcome<void> purge_before_batch(connection& on, const tx_options& options, const batch& of,
                                 apply_report& sum) {
  for (const auto& event : of.accounts) {
    if (!is_believed(of, event))
      continue;
    auto done = run_chunks(on, options, sum, [&](tx& inside, apply_report& report) {
      return purge_chunk_before_batch(inside, of, event, report);
    });
    if (!done)
      return done;
  }
  return {};
}

outcome<void> purge_deleted(tx& on, const batch& of, apply_report& report) {
  for (const auto& event : of.accounts) {
    if (!is_believed(of, event))
      continue;
    const auto what = believed_removal(on, of, event);
    if (!what)
      return tl::unexpected(what.error());
    for (bool more = what->has_value(); more;) {
      const auto done = delete_chunk(on, **what, report);
      if (!done)
        return tl::unexpected(done.error());
      more = *done;
    }
  }
  return {};
}

namespace {

/// Locks the shard's cursor and the task. @returns whether the task is still the same.
[[nodiscard]] outcome<bool> open_purge(tx& on, const confirmed_deletion& what) {
  const auto& task = what.task;
  pipeline prologue(on);
  queue_prologue(prologue, what.service, what.shard);
  prologue.add(same_task, std::move(params{}
                                        .int8(task.user_id)
                                        .int2(static_cast<std::int16_t>(task.kind))
                                        .int4(task.version)));
  const auto opened = prologue.sync();
  if (!opened)
    return tl::unexpected(opened.error());
  if (const auto seq = read_prologue(*opened, what.service, what.epoch); !seq)
    return tl::unexpected(seq.error());
  return !opened->back().empty();
}

/// Says that the account is deleted, so that batches which begin from now on tell it nothing.
[[nodiscard]] outcome<bool> mark_inside(tx& on, const confirmed_deletion& what) {
  auto same = open_purge(on, what);
  if (!same || !*same)
    return same;
  params key;
  key.int8(what.task.user_id).timestamptz(what.task.event_time);
  if (auto done = on.exec_prepared(put_deleted, key); !done)
    return tl::unexpected(done.error());
  return true;
}

/// Waits for the end of all transactions that may not have seen what was committed before: they may
/// still tell the account something.
[[nodiscard]] outcome<void> wait_for_older(connection& on, std::chrono::milliseconds patience) {
  const auto next = on.exec_prepared(next_transaction, {});
  if (!next)
    return tl::unexpected(next.error());
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const auto oldest = on.exec_prepared(oldest_transaction, {});
    if (!oldest)
      return tl::unexpected(oldest.error());
    if (oldest->get_int8(0, 0) >= next->get_int8(0, 0))
      return {};
    if (std::chrono::steady_clock::now() >= until)
      return tl::unexpected(
          db_error{error_class::transient, "55P03", "an older transaction does not end", "purge"});
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
}

/// One portion; with the last one the task is done.
[[nodiscard]] outcome<bool> purge_chunk_confirmed(tx& on, const confirmed_deletion& what,
                                                  apply_report& report) {
  const auto& task = what.task;
  auto same = open_purge(on, what);
  if (!same || !*same)
    return same;
  auto more = delete_chunk(on, {task.did, task.user_id, task.event_time, task.event_time}, report);
  if (!more || *more)
    return more;
  params key;
  key.int8(task.user_id).timestamptz(task.event_time);
  return on.exec_prepared(drop_tasks, key).map([](const auto&) { return false; });
}

} // namespace

outcome<apply_report> purge_confirmed(connection& on, const tx_options& options,
                                      const confirmed_deletion& what) {
  partial_report ignored;
  return purge_confirmed(on, options, what, ignored);
}

outcome<apply_report> purge_confirmed(connection& on, const tx_options& options,
                                      const confirmed_deletion& what, partial_report& partial) {
  const auto marked =
      transaction::run(on, options, [&](tx& inside) { return mark_inside(inside, what); });
  if (!marked)
    return tl::unexpected(marked.error());
  if (auto waited = wait_for_older(on, options.deadline); !waited)
    return tl::unexpected(waited.error());
  const auto done = run_chunks(on, options, partial.done, [&](tx& inside, apply_report& report) {
    return purge_chunk_confirmed(inside, what, report);
  });
  if (!done)
    return tl::unexpected(done.error());
  return std::exchange(partial.done, {});
}

} // namespace prism::db
