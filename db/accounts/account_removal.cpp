#include "db/accounts/account_removal.hpp"

#include "db/index/batch_writer.hpp"
#include "db/index/removal_locks.hpp"
#include "db/index/users.hpp"

namespace prism::db {

using atproto::collection;

namespace {

/// Records of one collection, or notifications, in one portion.
constexpr std::int64_t chunk_rows = 1000;

// What an account told others by other means than records that are deleted with it.
const statement forget_author{"forget_author", R"sql(
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
        AND created_at <= $2
      LIMIT $3
    )
  )
)sql"};

// A deleted account is told nothing; one that lives again keeps what it was told in its new life.
const statement forget_recipient{"forget_recipient", R"sql(
  DELETE FROM notifications
  WHERE ctid = ANY(
    ARRAY(
      SELECT ctid
      FROM notifications
      WHERE recipient_id = $1
        AND (
          created_at <= $2
          OR EXISTS (
            SELECT FROM users u
            WHERE u.id = $1 AND u.status = 'deleted'
          )
        )
      LIMIT $3
    )
  )
)sql"};

[[nodiscard]] bool waits(collection kind) {
  return kind == collection::like || kind == collection::repost || kind == collection::list_item;
}

/// Queues the reading of one collection's paths; several statements where rows can be in two
/// places.
void add_paths(pipeline& out, collection kind, const account_removal& what) {
  if (kind == collection::post)
    queue_select_posts_of_creator(out, what.account, what.until, chunk_rows);
  else if (const auto* relations = find_relation_table(kind))
    queue_select_paths(out, *relations, what.account, what.until, chunk_rows);
  else if (const auto* documents = find_document_table(kind))
    queue_select_paths(out, *documents, kind, what.account, what.until, chunk_rows);
  if (waits(kind))
    queue_select_parked(out, kind, what.account, what.until, chunk_rows);
}

/// A batch that deletes up to a portion of each collection.
[[nodiscard]] outcome<batch> next_removal(executor& on, const account_removal& what) {
  pipeline out(on);
  std::vector<collection> kinds;
  for (std::size_t i = 1; i < atproto::collection_count; ++i) {
    add_paths(out, static_cast<collection>(i), what);
    kinds.resize(out.size(), static_cast<collection>(i));
  }
  const auto results = out.sync();
  if (!results)
    return tl::unexpected(results.error());
  batch removal;
  const auto creator = removal.refs.did(what.did);
  removal.user_ids = {what.account};
  for (std::size_t at = 0; at < results->size(); ++at)
    for (std::size_t i = 0; i < (*results)[at].rows(); ++i) {
      const auto& rows = (*results)[at];
      op each;
      each.creator = creator;
      each.kind = kinds[at];
      each.action = op_action::remove;
      each.rkey = rows.get_text(i, rows.columns() - 1);
      each.commit_time = what.time;
      const bool gate = each.kind == collection::thread_gate || each.kind == collection::post_gate;
      each.self = removal.refs.path(creator, gate ? collection::post : each.kind, each.rkey);
      removal.ops.push_back(std::move(each));
    }
  return removal;
}

[[nodiscard]] outcome<void> remove_records(tx& on, const batch& removal, apply_report& report) {
  const auto uri_ids = intern_uris(on, removal);
  if (!uri_ids)
    return tl::unexpected(uri_ids.error());
  pipeline question(on);
  queue_select_touched_posts(question, removal, *uri_ids);
  std::vector<std::int64_t> also_lock;
  if (!question.empty()) {
    const auto touched = question.sync();
    if (!touched)
      return tl::unexpected(touched.error());
    read_touched_posts(*touched, 0, also_lock);
  }
  const id_map ids{removal, *uri_ids};
  effects effects;
  batch_writer writer(on, ids, make_plan(removal, {}), effects, report);
  if (auto done = writer.write(also_lock, &on.late_locks()); !done)
    return done;
  report.purged += static_cast<std::uint32_t>(removal.ops.size());
  pipeline last(on);
  effects.flush(last);
  if (last.empty())
    return {};
  return last.sync().map([](const auto&) {});
}

[[nodiscard]] outcome<bool> forget(executor& on, const account_removal& what) {
  pipeline out(on);
  effects turn;
  turn.lock_user(what.account);
  turn.flush(out);
  params key;
  key.int8(what.account).timestamptz(what.until).int8(chunk_rows);
  out.add(forget_author, key);
  out.add(forget_recipient, std::move(key));
  const auto done = out.sync();
  if (!done)
    return tl::unexpected(done.error());
  const auto& last = *done;
  return last[last.size() - 2].affected_rows() == chunk_rows ||
         last.back().affected_rows() == chunk_rows;
}

} // namespace

outcome<bool> delete_chunk(tx& on, const account_removal& what, apply_report& report) {
  const auto removal = next_removal(on, what);
  if (!removal)
    return tl::unexpected(removal.error());
  if (removal->ops.empty())
    return forget(on, what);
  if (auto done = remove_records(on, *removal, report); !done)
    return tl::unexpected(done.error());
  return true;
}

} // namespace prism::db
