#pragma once

#include "db/reads/page.hpp"

#include <string>

/// Lists of users: followers, follows, likes, reposts, members of a list. Duplicates are left out
/// (docs/ARCHITECTURE.md).
namespace prism::reads {

/// A user in such a list, with the record that put the user there.
struct person {
  std::int64_t user_id{0};
  std::string did;
  std::string handle; ///< empty: no confirmed handle
  micros created_at{0};
  std::string rkey; ///< of the record, in its creator's repo
};

/// These lists are ordered by users.id, highest first: that is the order of the unique indexes,
/// which exist anyway. An order by time would need one more index each, the largest of the
/// database.
using people_page = page<person, std::int64_t>;

/// Plan: follows_subject in index order.
/// @param after users.id of the row before the page; `highest_id` for the first page.
/// @param limit 1 to `max_page`. The functions below have the same parameters.
[[nodiscard]] outcome<people_page> followers(executor& on, std::int64_t user_id, std::int64_t after,
                                             std::size_t limit);

/// Plan: likes_subject in index order.
[[nodiscard]] outcome<people_page> likes_of(executor& on, std::int64_t post_id, std::int64_t after,
                                            std::size_t limit);

/// Plan: reposts_subject in index order.
[[nodiscard]] outcome<people_page> reposts_of(executor& on, std::int64_t post_id,
                                              std::int64_t after, std::size_t limit);

/// Plan: list_items_member in index order.
[[nodiscard]] outcome<people_page> list_members(executor& on, std::int64_t list_id,
                                                std::int64_t after, std::size_t limit);

/// A page whose position is the rkey of the row before it; empty for the first page.
using follows_page = page<person, std::string>;

/// The users that a user follows, newest record first (rkeys are times). Plan: follows_pkey,
/// backwards.
[[nodiscard]] outcome<follows_page> follows(executor& on, std::int64_t user_id,
                                            const std::string& after, std::size_t limit);

} // namespace prism::reads
