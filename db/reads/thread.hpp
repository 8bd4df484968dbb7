#pragma once

#include "db/reads/posts.hpp"

namespace prism::reads {

/// How much of a thread is read. Greater values are reduced to the maximum.
struct thread_bounds {
  std::size_t ancestors{80};  ///< at most 1,000
  std::size_t depth{6};       ///< levels of replies, at most 100
  std::size_t per_post{50};   ///< replies to one post, at most 100
  std::size_t per_level{200}; ///< replies of one level, at most 1,000
};

/// A post with its ancestors and its replies.
struct thread {
  /// From the root down to the post itself; it begins below the first ancestor that is not indexed
  /// or whose author is not active. Empty if that is the case for the post itself.
  std::vector<post> ancestors_and_post;
  /// Level by level; within a level the replies to one post together, oldest first. Replies that
  /// violate their thread's gate are left out with everything below them; those that the thread's
  /// author has hidden are included and marked (`post::hidden`). Where `thread_bounds` cut,
  /// `post::replies` is greater than the number of replies here.
  std::vector<post> replies;
};

/// Reads a post with its thread. Plan: the ancestors by posts_pkey, in one recursive statement;
/// then one statement per level, which scans posts_reply_parent once for each post of the level
/// above. Posts that refer to each other in a cycle appear once.
[[nodiscard]] outcome<thread> read_thread(executor& on, std::int64_t post_id,
                                          const thread_bounds& bounds = {});

} // namespace prism::reads
