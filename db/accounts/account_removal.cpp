#include "db/accounts/account_removal.hpp"

#include "db/index/batch_writer.hpp"
#include "db/index/op_replies.hpp"
#include "db/index/refused_records.hpp"
#include "db/index/removal_locks.hpp"
#include "db/index/users.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace prism::db {

using atproto::collection;

namespace {

/// Most records of one collection, or notifications, that one chunk deletes.
constexpr std::int64_t chunk_rows = 1000;

/// After so few records the notifications are deleted in the same transaction.
constexpr std::size_t few_records = 200;

// Notifications that the account caused and that deleting its records does not delete.
const statement delete_caused_notifications{"delete_caused_notifications", R"sql(
  DELETE FROM notifications
  WHERE ctid = ANY(
    ARRAY(
      SELECT ctid
      FROM notifications
      WHERE author_id = $1
        AND reason IN (
          4 /* mention */, 5 /* reply */, 6 /* quote */, 9 /* starterpack_joined */,
          10 /* verified */, 11 /* unverified */
        )
        AND place <= $2
      LIMIT $3
    )
  )
)sql"};

// A deleted account has no notifications. If it is active again, those newer than the deletion
// stay.
const statement delete_received_notifications{"delete_received_notifications", R"sql(
  DELETE FROM notifications
  WHERE ctid = ANY(
    ARRAY(
      SELECT ctid
      FROM notifications
      WHERE recipient_id = $1
        AND (
          place <= $2
          OR EXISTS (
            SELECT FROM users u
            WHERE u.id = $1 AND u.status = 'deleted'
          )
        )
      LIMIT $3
    )
  )
)sql"};

/// Queues the selection of one collection's paths: two statements if its rows can be parked.
void queue_select_paths_of(pipeline& out, collection kind, const account_removal& removal) {
  if (kind == collection::post)
    queue_select_posts_of_creator(out, removal.account, removal.until, chunk_rows);
  else if (const auto* relations = find_relation_table(kind))
    queue_select_paths(out, *relations, removal.account, removal.until, chunk_rows);
  else if (const auto* documents = find_document_table(kind))
    queue_select_paths(out, *documents, kind, removal.account, removal.until, chunk_rows);
  if (can_be_parked(kind))
    queue_select_parked(out, kind, removal.account, removal.until, chunk_rows);
}

/// A batch that deletes up to `chunk_rows` records of each collection.
[[nodiscard]] outcome<batch> next_chunk(executor& on, const account_removal& removal) {
  pipeline out(on);
  std::vector<collection> kinds;
  for (std::size_t i = 1; i < atproto::collection_count; ++i) {
    queue_select_paths_of(out, static_cast<collection>(i), removal);
    kinds.resize(out.size(), static_cast<collection>(i)); // the collection of each result
  }
  const auto results = out.sync();
  if (!results)
    return tl::unexpected(results.error());
  batch chunk;
  chunk.removes_account = true;
  const auto creator = chunk.refs.did(removal.did);
  chunk.user_ids = {removal.account};
  for (std::size_t at = 0; at < results->size(); ++at)
    for (std::size_t i = 0; i < (*results)[at].rows(); ++i) {
      const auto& rows = (*results)[at];
      op each;
      each.creator = creator;
      each.kind = kinds[at];
      each.action = op_action::remove;
      each.rkey = rows.get_text(i, rows.columns() - 1);
      each.place = removal.place;
      const bool gate = each.kind == collection::thread_gate || each.kind == collection::post_gate;
      each.self = chunk.refs.path(creator, gate ? collection::post : each.kind, each.rkey);
      chunk.ops.push_back(std::move(each));
    }
  return chunk;
}

[[nodiscard]] outcome<void> remove_records(executor& on, const batch& chunk, stream_place until,
                                           late_locks& late, apply_report& report) {
  const auto uri_ids = intern_uris(on, chunk);
  if (!uri_ids)
    return tl::unexpected(uri_ids.error());
  pipeline before(on);
  queue_select_touched_posts(before, chunk, *uri_ids);
  std::vector<std::int64_t> also_lock;
  if (!before.empty()) {
    const auto touched = before.sync();
    if (!touched)
      return tl::unexpected(touched.error());
    read_touched_posts(*touched, 0, also_lock);
  }
  const id_map ids{chunk, *uri_ids};
  effects effects;
  effects.lock_user(chunk.user_ids.front()); // in order, also if the notifications follow
  auto plan = make_plan(chunk, {});
  for (auto& paths : plan.paths)
    for (auto& path : paths)
      path.remove_before = std::min(until, end_of_places - 1) + 1; // what was written later stays
  batch_writer writer(on, ids, std::move(plan), effects, report);
  if (auto done = writer.write(also_lock, &late); !done)
    return done;
  report.purged += static_cast<std::uint32_t>(chunk.ops.size());
  pipeline last(on);
  effects.flush(last);
  if (last.empty())
    return {};
  return last.sync().map([](const auto&) {});
}

/// What is left when the records are gone: notifications, deleted replies, refused records.
[[nodiscard]] outcome<bool> delete_derived(executor& on, const account_removal& removal) {
  pipeline out(on);
  effects lock;
  lock.lock_user(removal.account);
  lock.flush(out);
  params key;
  key.int8(removal.account).int8(removal.until).int8(chunk_rows);
  const auto author_at = out.add(delete_caused_notifications, key);
  const auto recipient_at = out.add(delete_received_notifications, std::move(key));
  const auto replies_at = out.size();
  queue_forget_op_replies(out, removal.account, removal.until, chunk_rows);
  queue_forget_refused(out, removal.account, removal.until);
  queue_forget_documents(out, {removal.account});
  const auto results = out.sync();
  if (!results)
    return tl::unexpected(results.error());
  return std::ranges::any_of(std::array{author_at, recipient_at, replies_at}, [&](std::size_t at) {
    return (*results)[at].affected_rows() == chunk_rows;
  });
}

} // namespace

outcome<bool> delete_chunk(executor& on, const account_removal& removal, late_locks& late,
                           apply_report& report) {
  const auto chunk = next_chunk(on, removal);
  if (!chunk)
    return tl::unexpected(chunk.error());
  if (chunk->ops.empty())
    return delete_derived(on, removal);
  if (auto done = remove_records(on, *chunk, removal.until, late, report); !done)
    return tl::unexpected(done.error());
  if (chunk->ops.size() > few_records)
    return true;
  // Another shard may have released parked operations between the selections.
  const auto left = next_chunk(on, removal);
  if (!left)
    return tl::unexpected(left.error());
  return left->ops.empty() ? delete_derived(on, removal) : outcome<bool>{true};
}

} // namespace prism::db
