#include "db/purge.hpp"

#include "db/batch_writer.hpp"
#include "db/identity.hpp"
#include "db/plan_settings.hpp"
#include "db/progress.hpp"
#include "db/users.hpp"

#include <chrono>
#include <thread>

namespace prism::db {

using atproto::collection;

namespace {

// Records of one collection taken at a time, so that no statement grows with the account.
constexpr std::int64_t chunk = 2000;

constexpr statement newer_deletion{
    "newer_deletion",
    "SELECT did FROM users WHERE id = $1 AND (status_time IS NULL OR status_time < $2)"};

constexpr statement lock_account_posts{
    "lock_account_posts",
    "WITH ids AS (SELECT subject_id AS id FROM likes WHERE creator_id = $1 "
    "UNION SELECT subject_id FROM reposts WHERE creator_id = $1 "
    "UNION SELECT x.id FROM posts p, LATERAL (VALUES (p.id), (p.reply_parent_id), "
    "(p.quoted_id)) AS x(id) "
    "WHERE p.creator_id = $1 UNION SELECT referent_id FROM pending_ops WHERE creator_id = $1) "
    "SELECT a.post_id FROM post_aggregates a JOIN ids ON ids.id = a.post_id ORDER BY a.post_id FOR "
    "UPDATE OF a"};

// What an account told others by other means than records that are deleted with it.
constexpr statement forget_author{"forget_author",
                                  "DELETE FROM notifications WHERE author_id = $1 "
                                  "AND reason IN (4, 5, 6, 9, 10, 11) AND created_at <= $2"};

// A deleted account is told nothing; one that lives again keeps what it was told in its new life.
constexpr statement forget_recipient{"forget_recipient",
                                     "DELETE FROM notifications WHERE recipient_id = $1 AND "
                                     "(created_at <= $2 OR EXISTS (SELECT FROM "
                                     "users u WHERE u.id = $1 AND u.status = 'deleted'))"};

constexpr statement next_transaction{"next_transaction",
                                     "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::int8"};
constexpr statement oldest_transaction{
    "oldest_transaction", "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::int8"};

// Later than anything: a deletion in its place in the stream concerns all that is stored.
constexpr micros end_of_time = 253'402'300'799'000'000; // the year 9999

// Waits for the shard's running batch, and keeps the next one waiting.
constexpr statement lock_cursor{
    "lock_cursor",
    "SELECT epoch FROM firehose_cursor WHERE service = $1 AND shard = $2 FOR UPDATE"};

constexpr statement same_task{"same_identity_task",
                              "SELECT FROM identity_tasks WHERE user_id = $1 AND kind = $2 "
                              "AND version = $3 FOR UPDATE"};

constexpr statement put_deleted{
    "put_deleted", "UPDATE users SET status = 'deleted', status_time = $2, handle = NULL, "
                   "indexed_at = CASE WHEN indexed_at > $2 THEN indexed_at END "
                   "WHERE id = $1 AND (status_time IS NULL OR status_time < $2)"};

constexpr statement drop_tasks{
    "drop_identity_tasks", "DELETE FROM identity_tasks WHERE user_id = $1 AND event_time <= $2"};

[[nodiscard]] bool waits(collection kind) {
  return kind == collection::like || kind == collection::repost || kind == collection::list_item;
}

/// Queues the reading of one collection's paths; several statements where rows can be in two
/// places.
void add_paths(pipeline& out, collection kind, std::int64_t account, micros until) {
  if (kind == collection::post)
    add_posts_of(out, account, until, chunk);
  else if (const auto* edges = find_edge_table(kind))
    add_paths_of(out, *edges, account, until, chunk);
  else if (const auto* documents = find_document_table(kind))
    add_paths_of(out, *documents, kind, account, until, chunk);
  if (waits(kind))
    add_pending_of(out, kind, account, until, chunk);
}

/// A batch that deletes up to a chunk of the account's records of one collection.
[[nodiscard]] outcome<batch> removal_of(executor& on, collection kind, const std::string& did,
                                        std::int64_t account, micros time, micros until) {
  pipeline out(on);
  add_paths(out, kind, account, until);
  const auto results = out.sync();
  if (!results)
    return tl::unexpected(results.error());
  batch removal;
  const auto creator = removal.refs.did(did);
  removal.user_ids = {account};
  for (const auto& rows : *results)
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      op each;
      each.creator = creator;
      each.kind = kind;
      each.action = op_action::remove;
      each.rkey = rows.get_text(i, rows.columns() - 1);
      each.commit_time = time;
      const bool gate = kind == collection::thread_gate || kind == collection::post_gate;
      each.self = removal.refs.path(creator, gate ? collection::post : kind, each.rkey);
      removal.ops.push_back(std::move(each));
    }
  return removal;
}

[[nodiscard]] outcome<void> purge(executor& on, const std::string& did, std::int64_t account,
                                  micros time, micros until, effects& effects_out,
                                  apply_report& report) {
  params key;
  key.int8(account);
  if (auto locked = on.exec_prepared(lock_account_posts, key); !locked)
    return tl::unexpected(locked.error());
  for (std::size_t i = 1; i < atproto::collection_count; ++i) {
    const auto kind = static_cast<collection>(i);
    for (;;) {
      const auto removal = removal_of(on, kind, did, account, time, until);
      if (!removal)
        return tl::unexpected(removal.error());
      if (removal->ops.empty())
        break;
      const auto uri_ids = intern_uris(on, *removal);
      if (!uri_ids)
        return tl::unexpected(uri_ids.error());
      report.purged += static_cast<std::uint32_t>(removal->ops.size());
      const id_map ids{*removal, *uri_ids};
      batch_writer writer(on, ids, make_plan(*removal, {}), effects_out, report);
      if (auto done = writer.write({}); !done)
        return done;
    }
  }
  // Now, and not with the rest at the end: what follows deletes by author and by recipient.
  pipeline last(on);
  effects_out.lock_user(account);
  effects_out.flush(last);
  key.timestamptz(until);
  last.add(forget_author, key);
  last.add(forget_recipient, std::move(key));
  if (auto done = last.sync(); !done)
    return tl::unexpected(done.error());
  return {};
}

} // namespace

outcome<void> purge_deleted(executor& on, const batch& of, effects& out, apply_report& report) {
  for (const auto& event : of.accounts) {
    if (of.verify_deletions || !is_deletion(event))
      continue;
    const auto account = of.user_ids[event.account];
    params p;
    p.int8(account).timestamptz(event.time);
    const auto newer = on.exec_prepared(newer_deletion, p);
    if (!newer)
      return tl::unexpected(newer.error());
    if (newer->empty())
      continue;
    if (auto done = purge(on, std::string{newer->get_text(0, 0)}, account, event.time, end_of_time,
                          out, report);
        !done)
      return done;
  }
  return {};
}

namespace {

/// Locks the shard's cursor and the task. @returns whether the task is still the same.
[[nodiscard]] outcome<bool> open_purge(tx& on, const confirmed_deletion& what) {
  const auto& task = what.task;
  pipeline opening(on);
  opening.add(plan_settings);
  opening.add(lock_cursor, std::move(params{}.text(what.service).int4(what.shard)));
  opening.add(same_task, std::move(params{}
                                       .int8(task.user_id)
                                       .int2(static_cast<std::int16_t>(task.kind))
                                       .int4(task.version)));
  const auto opened = opening.sync();
  if (!opened)
    return tl::unexpected(opened.error());
  const auto& cursor = (*opened)[1];
  if (cursor.empty() || cursor.get_int8(0, 0) != what.epoch)
    return tl::unexpected(fenced(what.service, what.epoch));
  return !opened->back().empty();
}

/// Says that the account is deleted, so that batches which begin from now on tell it nothing.
[[nodiscard]] outcome<bool> mark_inside(tx& on, const confirmed_deletion& what) {
  const auto same = open_purge(on, what);
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

[[nodiscard]] outcome<apply_report> purge_inside(tx& on, const confirmed_deletion& what) {
  const auto& task = what.task;
  apply_report report;
  const auto same = open_purge(on, what);
  if (!same)
    return tl::unexpected(same.error());
  if (!*same)
    return report;
  effects gone;
  if (auto done = purge(on, task.did, task.user_id, task.event_time, task.event_time, gone, report);
      !done)
    return tl::unexpected(done.error());
  params key;
  key.int8(task.user_id).timestamptz(task.event_time);
  if (auto done = on.exec_prepared(drop_tasks, key); !done)
    return tl::unexpected(done.error());
  return report;
}

} // namespace

outcome<apply_report> purge_confirmed(connection& on, const tx_options& options,
                                      const confirmed_deletion& what) {
  const auto marked =
      transaction::run(on, options, [&](tx& inside) { return mark_inside(inside, what); });
  if (!marked)
    return tl::unexpected(marked.error());
  if (auto waited = wait_for_older(on, options.deadline); !waited)
    return tl::unexpected(waited.error());
  return transaction::run(on, options, [&](tx& inside) { return purge_inside(inside, what); });
}

} // namespace prism::db
