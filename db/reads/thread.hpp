#pragma once

#include "db/reads/posts.hpp"

namespace prism::reads {

/// How much of a thread is read. Values above the greatest are taken as that.
struct thread_bounds {
  std::size_t ancestors{80};  ///< up to 1,000
  std::size_t depth{6};       ///< levels of replies, up to 100
  std::size_t per_post{50};   ///< replies to one post, up to 100
  std::size_t per_level{200}; ///< replies of one level, up to 1,000
};

/// A post with what it answers and its answers.
struct thread {
  /// From the root down to the post itself, as far as they are there: the chain ends above at a
  /// post that is missing or hidden. Empty if the post itself is.
  std::vector<post> ancestors_and_post;
  /// Level by level, in each the replies to one post together, oldest first. Replies that
  /// break their thread's gate are left out, with all below them; those that its author has hidden
  /// are here and say so (`post::hidden`). Below the cuts of `thread_bounds`
  /// there can be more: compare `post::replies`.
  std::vector<post> replies;
};

/// Plan: the ancestors by posts_pkey, in one recursive statement; then one statement for each
/// level, posts_reply_parent once for each post of the level above. Posts that refer to each other
/// in a circle appear once.
[[nodiscard]] outcome<thread> read_thread(executor& on, std::int64_t post_id,
                                          const thread_bounds& bounds = {});

} // namespace prism::reads
