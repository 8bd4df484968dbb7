#pragma once

#include "db/batch/batch.hpp"
#include "db/pg/pipeline.hpp"

#include <vector>

/// Changes of a batch that decide about *newer* posts: whether a reply violates its gate, whether a
/// quote may embed, who is notified. Within one repo events arrive in order, so nothing newer is
/// stored. Across repos they arrive in any order, and then the newer posts are evaluated again, by
/// the versions that were valid at their own place (docs/ORDER.md).
namespace prism::db {

/// A uri whose post or gate was created, changed or deleted, and at which place.
struct uri_change {
  std::int64_t id;
  stream_place place;
};
/// A follow (first follows second) or a list item (second is a member of the list first).
struct pair_change {
  std::int64_t first;
  std::int64_t second;
  stream_place place;
};

/// All changes of one batch.
struct thread_changes {
  std::vector<uri_change> posts;
  /// The root of each of `posts`; the post itself if it is no reply.
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

/// Finds the posts that a change may concern and that are not older than it; posts of the batch
/// itself and past versions may be among them. Gives (id, parent or NULL). Index: posts_reply_root,
/// posts_reply_parent, posts_quoted, posts_creator; each probe ends at once if nothing is newer.
void queue_select_dependents(pipeline& out, const thread_changes& changes);

} // namespace prism::db
