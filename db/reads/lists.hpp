#pragma once

#include "db/reads/record_list.hpp"

/// What an account has made or blocks, and the members of a list; newest first, without duplicates.
/// Errors are those of the database. Blocks; the executor's thread.
namespace prism::reads {

/// Lists that an account has made. Index: lists_creator_time.
[[nodiscard]] outcome<record_page> lists_by(executor& on, std::string_view did,
                                            const page_request& page);

/// Feed generators, by createdAt alone, as in the official AppView. Of an account with more than
/// `max_read_whole` the oldest are not shown. Index: feed_generators_creator_time.
[[nodiscard]] outcome<record_page> feeds_by(executor& on, std::string_view did,
                                            const page_request& page);

/// Starter packs. Index: starter_packs_creator_time.
[[nodiscard]] outcome<record_page> starter_packs_by(executor& on, std::string_view did,
                                                    const page_request& page);

/// Blocks by an account. Index: blocks_creator_time.
[[nodiscard]] outcome<record_page> blocks_by(executor& on, std::string_view did,
                                             const page_request& page);

/// Items of a list; `other` of each is the DID of the member. Members who have opted out of a
/// reference list are shown to its creator only. Indexes: list_items_list_time,
/// reference_list_opt_outs_list.
/// @param viewer DID of who asks, or empty
[[nodiscard]] outcome<record_page> list_members(executor& on, std::string_view uri,
                                                std::string_view viewer, const page_request& page);

/// The lists by which an account blocks, those that are indexed; by createdAt of the list, not of
/// the subscription. Of an account with more than `max_read_whole` subscriptions the oldest are not
/// shown. Indexes: list_blocks_creator_time, lists_pkey.
[[nodiscard]] outcome<record_page> blocking_lists(executor& on, std::string_view did,
                                                  const page_request& page);

} // namespace prism::reads
