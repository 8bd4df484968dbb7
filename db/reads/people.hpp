#pragma once

#include "db/reads/record_list.hpp"

/// Followers and follows of an account, newest first, without duplicates. Errors are those of the
/// database. Blocks; the executor's thread.
///
/// As in the official AppView, records between an account and one that was never looked up
/// (`users.indexed_at`) are left out. Inactive accounts are not: what GetActors says of them
/// decides.
namespace prism::reads {

/// Records of those who follow `did`: `did` of each is the follower. Index: follows_subject_time.
[[nodiscard]] outcome<record_page> followers(executor& on, std::string_view did,
                                             const page_request& page);

/// Records of those whom `did` follows: `other` of each is the DID that is followed. Index:
/// follows_creator_time.
[[nodiscard]] outcome<record_page> follows(executor& on, std::string_view did,
                                           const page_request& page);

} // namespace prism::reads
