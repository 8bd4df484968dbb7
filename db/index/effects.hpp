#pragma once

#include "atproto/records/collection.hpp"
#include "db/batch/notification.hpp"
#include "db/index/op_replies.hpp"
#include "db/index/relations.hpp"
#include "db/pg/pipeline.hpp"

#include <map>
#include <vector>

namespace prism::db {

/// The changes to counts, feeds, notifications and threads of authors that follow from the rows a
/// batch inserted and deleted. They are gathered while the batch is written and applied once at its
/// end, in key order, so that two batches cannot deadlock. Not thread-safe.
class effects {
public:
  struct post_delta {
    std::int32_t likes{0};
    std::int32_t reposts{0};
    std::int32_t replies{0};
    std::int32_t quotes{0};
  };
  struct user_delta {
    std::int32_t followers{0};
    std::int32_t follows{0};
    std::int32_t posts{0};
  };
  struct feed_item {
    std::int64_t originator_id;
    micros sort_at;
    std::int64_t post_id;
    std::optional<std::string> repost_rkey;
  };
  struct notification {
    std::optional<std::int64_t> recipient_id; ///< empty: the owner of the subject's repo
    std::int64_t author_id;
    notification_reason reason;
    std::string rkey;
    std::optional<std::int64_t> subject_id;
    micros created_at;
    stream_place place; ///< of the operation that caused it; unused when it is retracted
    /// Not sent if the author owns this uri.
    std::optional<std::int64_t> unless_own{};
  };

  /// A counted relation was inserted or deleted. Duplicates have no effects: do not pass them.
  void relation_added(atproto::collection kind, const relation& row);
  void relation_removed(atproto::collection kind, const relation& row);

  void count_post(std::int64_t post_id, const post_delta& change);
  void count_user(std::int64_t user_id, const user_delta& change);
  /// Locks the counts of the user, or of the list, even if they do not change: batches that lock
  /// the same one run one after the other.
  void lock_user(std::int64_t user_id) { users_.try_emplace(user_id); }
  void lock_list(std::int64_t list_id) { lists_.try_emplace(list_id); }
  void add_feed_item(feed_item item) { feed_added_.push_back(std::move(item)); }
  void remove_feed_item(feed_item item) { feed_removed_.push_back(std::move(item)); }
  void notify(notification row) { notified_.push_back(std::move(row)); }
  /// Deletes all notifications that a post, profile or verification caused for one reason.
  void retract_all(std::int64_t author_id, std::string rkey, notification_reason reason);

  /// A reply of a thread's author ended; its creator's counts change as well.
  void keep_op_reply(const ended_op_reply& reply) { ended_op_replies_.push_back(reply); }

  /// Queues the changes to counts of users and lists gathered so far. Their rows stay locked until
  /// the transaction ends, so no other batch changes the follows and list items that this one reads
  /// afterwards.
  void flush_users_and_lists(pipeline& out);

  /// Queues the statements. Afterwards this is empty.
  void flush(pipeline& out);

private:
  void apply_relation(atproto::collection kind, const struct relation& row, std::int32_t sign);

  std::map<std::int64_t, post_delta> posts_;
  std::map<std::int64_t, user_delta> users_;
  std::map<std::int64_t, std::int32_t> lists_;
  std::vector<feed_item> feed_added_;
  std::vector<feed_item> feed_removed_;
  std::vector<notification> notified_;
  std::vector<notification> retracted_;
  std::vector<notification> all_retracted_;
  std::vector<ended_op_reply> ended_op_replies_;
};

} // namespace prism::db
