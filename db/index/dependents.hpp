#pragma once

#include "db/batch/batch.hpp"
#include "db/pg/pipeline.hpp"

#include <vector>

/// What a batch changes that decides what *later* posts are: whether a reply may stand in its
/// thread, a quote may embed, an ancestor is told. In the order of the firehose nothing is later.
/// Across repos events may come in any order, and then those posts are judged again, by what held
/// at their own time (docs/ORDER.md).
namespace prism::db {

/// A uri whose post or gate appeared, changed or went, and when.
struct uri_change {
  std::int64_t id;
  micros time;
};
/// A follow (first follows second), or an item of a list (second is on the list first).
struct pair_change {
  std::int64_t first;
  std::int64_t second;
  micros time;
};

/// All changes of one batch.
struct thread_changes {
  std::vector<uri_change> posts;
  /// The thread of each of `posts`: its root, or itself.
  std::vector<std::int64_t> threads;
  std::vector<uri_change> thread_gates;
  std::vector<uri_change> post_gates;
  std::vector<pair_change> follows;
  std::vector<pair_change> list_items;

  [[nodiscard]] bool empty() const noexcept {
    return posts.empty() && thread_gates.empty() && post_gates.empty() && follows.empty() &&
           list_items.empty();
  }
};

/// Finds the posts, not older than a change, that it may concern; posts of the batch itself and
/// past ones may be among them. Gives their ids, and what they answer now, if anything. Index:
/// posts_reply_root, posts_reply_parent, posts_quoted, posts_creator; each probe ends at once where
/// nothing is later.
void queue_select_dependents(pipeline& out, const thread_changes& changes);

} // namespace prism::db
