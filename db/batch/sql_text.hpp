#pragma once

#include "atproto/cbor/cbor_node.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Texts in the form in which PostgreSQL accepts them. Neither text nor jsonb can hold NUL, so it
/// becomes U+FFFD; the record's block is then kept unchanged.
namespace prism::db {

/// @param max_size limit in bytes; a character that crosses it is left out.
[[nodiscard]] std::string sql_text(std::string_view text,
                                   std::size_t max_size = std::string_view::npos);

/// An array literal for a cast to text[].
[[nodiscard]] std::string sql_array(const std::vector<std::string>& items);

/// A node as JSON text for a cast to jsonb.
[[nodiscard]] std::string sql_json(const atproto::cbor_node& node);

/// Some pairs of a map as one JSON object.
[[nodiscard]] std::string
sql_json_object(const std::vector<std::pair<std::string_view, atproto::cbor_node>>& pairs);

/// The literal of a bigint[]; empty if there are no ids. (The rows of a two-dimensional array have
/// equal lengths, so such columns are sent as texts.)
[[nodiscard]] std::optional<std::string> sql_ids(const std::vector<std::int64_t>& ids);

} // namespace prism::db
