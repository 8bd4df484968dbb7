#pragma once

#include "db/batch/batch.hpp"
#include "db/index/effects.hpp"
#include "db/pg/pipeline.hpp"

#include <optional>
#include <string>
#include <vector>

/// The statements on posts (table: migrations/0002).
namespace prism::db {

/// A post to insert, with ids in place of refs.
struct post {
  std::int64_t id{0};
  std::int64_t creator_id{0};
  std::string rkey;
  micros created_at{0};
  std::optional<std::string> created_text;
  micros commit_time{0};
  std::int64_t commit_seq{0};
  stream_place place{0};
  std::optional<std::int64_t> reply_root_id;
  std::optional<std::int64_t> reply_parent_id;
  std::optional<std::int64_t> quoted_id;
  bytes cid;
  post_row columns;
  std::optional<bytes> record;
  std::vector<std::int64_t> mentions; ///< users.id
};

/// A deleted post: the columns that its counts, feed item and notifications depend on.
struct removed_post {
  std::int64_t id;
  std::int64_t creator_id;
  micros created_at;
  micros commit_time;
  std::optional<std::int64_t> reply_root_id;
  std::optional<std::int64_t> reply_root_owner;
  std::optional<std::int64_t> reply_parent_id;
  std::optional<std::int64_t> quoted_id;
  bool violates_thread_gate;
};

/// A post to delete.
struct post_removal {
  std::int64_t id;
  stream_place place;  ///< at which it ended
  stream_place before; ///< a later version stays
};

/// Which of these uris are indexed posts. Index: primary key.
void queue_select_existing_posts(pipeline& out, const std::vector<std::int64_t>& ids);

/// Locks the rows of post_aggregates of these uris, in order, where there are any: the result has
/// their ids. A transaction that inserts or deletes a post, or changes its counts, holds its row
/// (docs/ARCHITECTURE.md).
void queue_lock_known_posts(pipeline& out, const std::vector<std::int64_t>& sorted_ids);

/// The same, and inserts missing rows before. Each lock of somebody else's new row lasts until the
/// end of that transaction, so `intern_uris` inserts those of posts.
void queue_lock_posts(pipeline& out, const std::vector<std::int64_t>& sorted_ids);

/// The same out of order, when the transaction holds other locks already. It waits at most 50 ms
/// for each row (error 55P03, lock_not_available), since PostgreSQL needs a second to find a
/// deadlock.
void queue_lock_posts_late(pipeline& out, const std::vector<std::int64_t>& sorted_ids);

/// Parents and quoted posts of posts that are about to be deleted, to lock them too.
void queue_select_post_referents(pipeline& out, const std::vector<std::int64_t>& ids);

/// Deletes posts; they go to the history. Returns them.
void queue_delete_posts(pipeline& out, const std::vector<post_removal>& posts);
[[nodiscard]] std::vector<removed_post> read_removed_posts(const result& rows);

/// Inserts new posts. Returns their ids.
void queue_insert_posts(pipeline& out, const std::vector<post>& posts);

/// Adds the counts and the feed item of an inserted post. Notifications:
/// db/index/post_notifications.
void post_added(effects& out, const post& row);
/// Reverses `post_added` and retracts the post's notifications.
void post_removed(effects& out, const removed_post& row, const std::string& rkey);

/// Ids of the posts of one creator not behind `until`, at most `limit`, with
/// their rkeys. Index: posts_creator.
void queue_select_posts_of_creator(pipeline& out, std::int64_t creator_id, stream_place until,
                                   std::int64_t limit);

} // namespace prism::db
