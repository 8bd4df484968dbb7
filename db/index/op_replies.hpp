#pragma once

#include "db/batch/batch.hpp"
#include "db/pg/pipeline.hpp"

#include <vector>

/// Deleted replies of a thread's author in that thread (table deleted_op_replies: migrations/0017).
/// Each keeps its place in the thread, so that the replies below it still belong to the op thread
/// (GetThread.op_thread).
namespace prism::db {

/// A reply that ended: it was deleted, or an update moved it out of its thread.
struct ended_op_reply {
  std::int64_t creator_id; ///< who owns the root as well
  std::int64_t root_id;
  std::int64_t post_id;
  std::int64_t parent_id;
  stream_place place; ///< of the operation that ended it
  micros ended_at;    ///< that operation's commit_time
};

/// Stores them; of several of one post in one thread the last one counts. The transaction holds the
/// counts of their creators (effects::lock_user). Index: primary key.
void queue_keep_op_replies(pipeline& out, const std::vector<ended_op_reply>& ended);

/// Deletes the rows of a deleted account that ended at or before `until`, at most `limit`; the
/// transaction holds the account's counts. Index: primary key.
void queue_forget_op_replies(pipeline& out, std::int64_t creator_id, stream_place until,
                             std::int64_t limit);

} // namespace prism::db
