#pragma once

#include "db/reads/page.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace prism::reads {

/// Bounds of a thread. What the AppView asks of it next must be within `max_arguments`, or a thread
/// with many replies could not be opened at all.
inline constexpr std::size_t max_thread_height = 1'000;  ///< posts above
inline constexpr std::size_t max_thread_depth = 1'000;   ///< levels below
inline constexpr std::size_t max_thread_replies = 2'000; ///< the newest to each post first

/// A post with what is above and below it, as uris.
struct thread {
  /// The post itself and then the posts above it, from the post up to the first one that is not
  /// indexed or that the limit cuts; then those below it, newest first. Empty above if the post is
  /// not indexed itself. Replies that a gate does not allow are included; the AppView drops them.
  std::vector<std::string> uris;
  /// The op thread of the thread that the post is in; empty if there is none.
  std::vector<std::string> op_thread;
};

/// Reads a thread in one round trip. Posts that reply to each other in a circle appear once. Plan:
/// posts_pkey upwards, posts_reply_parent downwards, level by level, of the newest replies to a
/// post first; op_replies_sql.
/// @param above, below levels; greater ones than the bounds are cut to these
[[nodiscard]] outcome<thread> read_thread(executor& on, std::string_view post_uri,
                                          std::int64_t above, std::int64_t below);

} // namespace prism::reads
