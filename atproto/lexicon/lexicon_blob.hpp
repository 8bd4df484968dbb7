#pragma once

#include "atproto/cbor/cbor_node.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace prism::atproto::detail {

/// The parts of a blob that its schema constrains.
struct blob_view {
  std::string_view mime_type;       ///< points into the record
  std::optional<std::int64_t> size; ///< bytes, from 0 to 2^53 - 1; the legacy form has none
};

/// Reads a blob (data-model spec, "Blob Type"); `nullopt` unless it has exactly the four fields,
/// each of its kind, the `ref` of codec raw; or is of the legacy form, in which it was written
/// until 2023: exactly `cid` and `mimeType`, both text, the first a CID.
[[nodiscard]] std::optional<blob_view> read_blob(cbor_node value) noexcept;

/// Whether `accept` has the MIME type, its family as in `image/*`, or all of them; also if `accept`
/// is empty.
[[nodiscard]] bool is_accepted(std::string_view mime_type,
                               std::span<const std::string> accept) noexcept;

} // namespace prism::atproto::detail
