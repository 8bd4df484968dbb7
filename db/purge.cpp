#include "db/purge.hpp"

#include "db/batch_writer.hpp"
#include "db/users.hpp"

namespace prism::db {

using atproto::collection;

namespace {

// Records of one collection taken at a time, so that no statement grows with the account.
constexpr std::int64_t chunk = 2000;

constexpr statement newer_deletion{
    "newer_deletion", "SELECT did FROM users WHERE id = $1 AND (status_time IS NULL OR status_time < $2)"};

constexpr statement forget_recipient{"forget_recipient",
                                     "DELETE FROM notifications WHERE recipient_id = $1"};

[[nodiscard]] bool waits(collection kind) {
  return kind == collection::like || kind == collection::repost || kind == collection::list_item;
}

/// Queues the reading of one collection's paths; several statements where rows can be in two places.
void add_paths(pipeline& out, collection kind, std::int64_t account) {
  if (kind == collection::post)
    add_posts_of(out, account, chunk);
  else if (const auto* edges = find_edge_table(kind))
    add_paths_of(out, *edges, account, chunk);
  else if (const auto* documents = find_document_table(kind))
    add_paths_of(out, *documents, kind, account, chunk);
  if (waits(kind))
    add_pending_of(out, kind, account, chunk);
}

/// A batch that deletes up to a chunk of the account's records of one collection.
[[nodiscard]] outcome<batch> removal_of(executor& on, collection kind, const std::string& did,
                                        std::int64_t account, micros time) {
  pipeline out(on);
  add_paths(out, kind, account);
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
                                  micros time, apply_report& report) {
  for (std::size_t i = 1; i < atproto::collection_count; ++i) {
    const auto kind = static_cast<collection>(i);
    for (;;) {
      const auto removal = removal_of(on, kind, did, account, time);
      if (!removal)
        return tl::unexpected(removal.error());
      if (removal->ops.empty())
        break;
      const auto uri_ids = intern_uris(on, *removal);
      if (!uri_ids)
        return tl::unexpected(uri_ids.error());
      report.purged += static_cast<std::uint32_t>(removal->ops.size());
      const id_map ids{*removal, *uri_ids};
      batch_writer writer(on, ids, make_plan(*removal, {}), report);
      if (auto done = writer.write({}); !done)
        return done;
    }
  }
  params p;
  p.int8(account);
  if (auto done = on.exec_prepared(forget_recipient, p); !done)
    return tl::unexpected(done.error());
  return {};
}

} // namespace

outcome<void> purge_deleted(executor& on, const batch& of, apply_report& report) {
  for (const auto& event : of.accounts) {
    if (event.active || event.status != "deleted")
      continue;
    const auto account = of.user_ids[event.account];
    params p;
    p.int8(account).timestamptz(event.time);
    const auto newer = on.exec_prepared(newer_deletion, p);
    if (!newer)
      return tl::unexpected(newer.error());
    if (newer->empty())
      continue;
    if (auto done = purge(on, std::string{newer->get_text(0, 0)}, account, event.time, report);
        !done)
      return done;
  }
  return {};
}

} // namespace prism::db
