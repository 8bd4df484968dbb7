#pragma once

#include "db/batch/batch.hpp"
#include "db/index/effects.hpp"
#include "db/pg/pipeline.hpp"

#include <optional>
#include <string>
#include <vector>

/// The statements on posts. Which post, which columns: migrations/0002.
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
  std::optional<std::int64_t> reply_root_id;
  std::optional<std::int64_t> reply_parent_id;
  std::optional<std::int64_t> quoted_id;
  bytes cid;
  post_row columns;
  std::optional<bytes> record;
  std::vector<std::int64_t> mentions; ///< users.id
};

/// A post that was deleted: what its counts, feed item and notifications hung on.
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

/// A post to delete, and the time of the event that does it.
struct post_removal {
  std::int64_t id;
  micros time;
};

/// Which of these uris are indexed posts. Index: primary key.
void queue_select_existing_posts(pipeline& out, const std::vector<std::int64_t>& ids);

/// Locks the aggregates rows of these uris in their order, and makes those that are missing:
/// whoever changes whether a post lives, or what hangs on it, holds its row (docs/ARCHITECTURE.md).
void queue_lock_posts(pipeline& out, const std::vector<std::int64_t>& sorted_ids);

/// The same out of their turn, when the transaction holds other locks already. So that two that
/// wait for each other cost no second each, which is what PostgreSQL takes to find out: each of the
/// rows is waited for 50 ms at most, then it is 55P03 (lock_not_available).
void queue_lock_posts_late(pipeline& out, const std::vector<std::int64_t>& sorted_ids);

/// Parents and quoted posts of posts that are about to be deleted, to lock them too.
void queue_select_post_referents(pipeline& out, const std::vector<std::int64_t>& ids);

/// Deletes posts, which go to the history. Gives them.
void queue_delete_posts(pipeline& out, const std::vector<post_removal>& posts);
[[nodiscard]] std::vector<removed_post> read_removed_posts(const result& rows);

/// Inserts posts that are not there yet; gives their ids.
void queue_insert_posts(pipeline& out, const std::vector<post>& posts);

/// Counts and feed item of a post that was really inserted. Notifications:
/// db/index/post_notifications.
void post_added(effects& out, const post& row);
/// Reverses all that `post_added` and the post's notifications did.
void post_removed(effects& out, const removed_post& row, const std::string& rkey);

/// Ids of the posts of one creator whose commit is not later than `until`, at most `limit`, with
/// their rkeys. Index: posts_creator.
void queue_select_posts_of_creator(pipeline& out, std::int64_t creator_id, micros until,
                                   std::int64_t limit);

} // namespace prism::db
