#pragma once

#include "atproto/records/collection.hpp"
#include "db/inspect/lookup.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The row of a record in the table of its collection.
namespace prism::db {

/// What the rows of all tables have, and the references of relations.
struct stored_row {
  const char* table{nullptr};
  std::int64_t place{0};
  std::int64_t commit_time{0};
  bool duplicate{false};
  std::optional<std::int64_t> uri_id{};  ///< of the post or list that a relation names
  std::optional<std::int64_t> user_id{}; ///< of the account that a relation names
};

/// @param uri id of the record's uri, or of a gate's post; empty if it has none.
/// One descent by primary key.
[[nodiscard]] std::optional<stored_row> stored_row_of(lookup& in, atproto::collection kind,
                                                      std::int64_t account, std::string_view rkey,
                                                      std::optional<std::int64_t> uri);

/// The table of a collection: "likes".
[[nodiscard]] const char* table_of(atproto::collection kind) noexcept;

/// The collection of the uri by whose id a record is found: a gate has its post's.
[[nodiscard]] atproto::collection uri_kind(atproto::collection kind) noexcept;

/// The record that counts for the pair of a duplicate.
struct counted_row {
  std::string rkey;
  std::int64_t place{0};
};
[[nodiscard]] std::optional<counted_row>
counted_row_of(lookup& in, atproto::collection kind, std::int64_t account, std::string_view rkey);

/// What a post's row says about its gates.
struct stored_post {
  std::optional<std::int64_t> root_id;
  std::optional<std::int64_t> parent_id;
  std::optional<std::int64_t> quoted_id;
  bool invalid_root{false};
  bool violates_gate{false};
  bool violates_embedding{false};
  std::optional<std::int64_t> gate_place; ///< of the thread gate of its root, as it is now
  bool hidden{false};                     ///< by that gate
  std::optional<std::int64_t> post_gate_place;
  bool detached{false};
  std::string counts; ///< "1 likes, …"
};
[[nodiscard]] std::optional<stored_post> stored_post_of(lookup& in, std::int64_t uri);

} // namespace prism::db
