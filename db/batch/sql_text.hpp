#pragma once

#include "atproto/cbor/cbor_node.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Texts in the form in which PostgreSQL accepts them. It has no NUL in text and none in jsonb: NUL
/// becomes U+FFFD here, and the record's bytes, which are then kept, stay what they were.
namespace prism::db {

/// @param most bytes of `text` that are looked at; a character that would be cut is left out.
[[nodiscard]] std::string sql_text(std::string_view text,
                                   std::size_t max_size = std::string_view::npos);

/// An array literal for a cast to text[].
[[nodiscard]] std::string sql_array(const std::vector<std::string>& items);

/// A node as JSON text for a cast to jsonb.
[[nodiscard]] std::string sql_json(const atproto::cbor_node& node);

/// Some pairs of a map as one JSON object.
[[nodiscard]] std::string
sql_json_object(const std::vector<std::pair<std::string_view, atproto::cbor_node>>& pairs);

/// The literal of a bigint[]; nothing for none. (Arrays of arrays cannot be ragged, so such columns
/// travel as texts.)
[[nodiscard]] std::optional<std::string> sql_ids(const std::vector<std::int64_t>& ids);

} // namespace prism::db
