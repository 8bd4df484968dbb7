#pragma once

#include "db/batch/batch.hpp"
#include "db/pg/pipeline.hpp"

#include <algorithm>
#include <map>
#include <optional>
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
  /// The roots of `posts` (the post itself if it is no reply) with the first change in each thread:
  /// a batch may have thousands in one.
  std::map<std::int64_t, stream_place> threads;
  std::vector<uri_change> thread_gates;
  std::vector<uri_change> post_gates;
  std::vector<pair_change> follows;
  std::vector<pair_change> list_items;

  void add_post(std::int64_t id, std::int64_t root, stream_place place) {
    posts.push_back({id, place});
    auto& first = threads.try_emplace(root, place).first->second;
    first = std::min(first, place);
  }

  [[nodiscard]] bool empty() const noexcept {
    return posts.empty() && thread_gates.empty() && post_gates.empty() && follows.empty() &&
           list_items.empty();
  }
};

/// Finds the posts that a change may concern and that are not older than it; posts of the batch
/// itself and past versions may be among them. Index: posts_reply_root,
/// posts_reply_parent, posts_invalid_reply, posts_quoted, posts_creator; each probe ends at once if
/// nothing is newer.
void queue_select_dependents(pipeline& out, const thread_changes& changes);

struct dependent {
  std::int64_t id;
  std::optional<std::int64_t> parent_id; ///< of the present version, if it is a reply
};
/// What `queue_select_dependents` found.
/// @param first its first result
[[nodiscard]] std::vector<dependent> read_dependents(const std::vector<result>& results,
                                                     std::size_t first,
                                                     const thread_changes& changes);

} // namespace prism::db
