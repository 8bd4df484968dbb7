#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace prism::atproto {

/// The record collections that Prism indexes. The numbers are stored in the database
/// (`uris.collection` and others): never change or reuse one.
enum class collection : std::int16_t {
  other = 0, ///< any collection that is not indexed
  post = 1,
  like = 2,
  repost = 3,
  thread_gate = 4,
  post_gate = 5,
  feed_generator = 6,
  follow = 7,
  block = 8,
  list = 9,
  list_item = 10,
  list_block = 11,
  starter_pack = 12,
  verification = 13,
  profile = 14,
  status = 15,
  labeler = 16,
  notification_declaration = 17,
  chat_declaration = 18,
  germ_declaration = 19,
  reference_list_opt_out = 20,
};

/// One past the greatest number in use: the size of arrays indexed by collection.
inline constexpr std::size_t collection_count = 21;

/// The collection of an NSID; `other` when it is not one of ours.
[[nodiscard]] collection collection_of(std::string_view nsid) noexcept;

/// The NSID of a collection; "other" for `other`.
[[nodiscard]] std::string_view nsid_of(collection value) noexcept;

} // namespace prism::atproto
