#pragma once

#include "db/reads/page.hpp"

#include <string>

/// Lists of users: who follows whom, who likes what, who is on a list. Of several records that say
/// the same only the counted one is there (docs/ARCHITECTURE.md).
namespace prism::reads {

/// A user in such a list, by the record that put it there.
struct person {
  std::int64_t user_id{0};
  std::string did;
  std::string handle; ///< empty: none that was verified
  micros created_at{0};
  std::string rkey; ///< of the record, in the repo of whoever made it
};

/// These lists go by user, the one who was seen last by Prism first: that is the order of the
/// unique indexes that are there anyhow. By time, each would need another index, the largest in the
/// database.
using people_page = page<person, std::int64_t>;

/// Plan: follows_subject in its order.
/// @param after users.id of the row before the page; `highest_id` for the first page.
/// @param limit 1 to `max_page`. These two are the same in all functions here.
[[nodiscard]] outcome<people_page> followers(executor& on, std::int64_t user_id, std::int64_t after,
                                             std::size_t limit);

/// Plan: likes_subject in its order.
[[nodiscard]] outcome<people_page> likes_of(executor& on, std::int64_t post_id, std::int64_t after,
                                            std::size_t limit);

/// Plan: reposts_subject in its order.
[[nodiscard]] outcome<people_page> reposts_of(executor& on, std::int64_t post_id,
                                              std::int64_t after, std::size_t limit);

/// Plan: list_items_member in its order.
[[nodiscard]] outcome<people_page> list_members(executor& on, std::int64_t list_id,
                                                std::int64_t after, std::size_t limit);

/// A page whose position is the rkey of the row before it; empty for the first page.
using follows_page = page<person, std::string>;

/// Whom a user follows, the newest record first (rkeys are times). Plan: follows_pkey, backwards.
[[nodiscard]] outcome<follows_page> follows(executor& on, std::int64_t user_id,
                                            const std::string& after, std::size_t limit);

} // namespace prism::reads
