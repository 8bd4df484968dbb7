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

/// A uri whose gate was created, changed or deleted, and at which place.
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
  /// The first change of each post, and in each of their threads (by its root, which is the post
  /// itself if that is no reply): a batch may have thousands of changes in one.
  std::map<std::int64_t, stream_place> posts;
  std::map<std::int64_t, stream_place> threads;
  std::vector<uri_change> thread_gates;
  std::vector<uri_change> post_gates;
  std::vector<pair_change> follows;
  std::vector<pair_change> list_items;

  void add_post(std::int64_t id, std::int64_t root, stream_place place) {
    keep_first(posts, id, place);
    keep_first(threads, root, place);
  }

  [[nodiscard]] bool empty() const noexcept {
    return posts.empty() && thread_gates.empty() && post_gates.empty() && follows.empty() &&
           list_items.empty();
  }

private:
  static void keep_first(std::map<std::int64_t, stream_place>& changes, std::int64_t id,
                         stream_place place) {
    auto& first = changes.try_emplace(id, place).first->second;
    first = std::min(first, place);
  }
};

/// Finds the posts that a change may concern and that are not older than it; posts of the batch
/// itself and past versions may be among them. Index: posts_reply_root, posts_reply_parent,
/// posts_invalid_reply, posts_quoted, posts_creator; each probe ends at once if nothing is newer.
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
