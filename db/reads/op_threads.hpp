#pragma once

#include "db/reads/page.hpp"
#include "db/reads/session.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace prism::reads {

/// The posts of a thread's author that answer each other from the thread's first post down.
struct op_thread {
  std::string root_uri;
  std::vector<std::string> uris; ///< from the root down; two at least
};

/// Most replies of an author in one thread, and of one statement, that are looked at.
inline constexpr std::size_t max_op_replies = 5'000;
inline constexpr std::size_t max_op_replies_of_call = 20'000;

/// The op threads of the threads that contain these posts, each once, in no order. A thread in
/// which its author has no reply has none; uris of posts that are not indexed are ignored. If there
/// are more replies than are looked at, the longest threads are left out. Plan:
/// posts_creator_root and deleted_op_replies by creator and root, for each root.
[[nodiscard]] outcome<std::vector<op_thread>>
op_threads(session& on, std::span<const std::string_view> post_uris);

/// A reply of a thread's author.
struct op_reply {
  std::int64_t id{0};
  std::string rkey;
  std::int64_t parent_id{0};
  std::optional<micros> deleted_at;
};

/// The replies of the op thread, from the root down; empty if there is none.
///
/// Of several replies to one parent the one with the least rkey counts. A deleted one counts if the
/// line continues below it; otherwise only a reply whose rkey is of a time after the deletion may
/// replace it. A line in which a post occurs twice is none.
[[nodiscard]] std::vector<const op_reply*> resolve_op_thread(std::int64_t root_id,
                                                             std::span<const op_reply> replies);

} // namespace prism::reads
