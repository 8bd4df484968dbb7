#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace prism::atproto {

/// The rule of strict DAG-CBOR which an input breaks.
enum class cbor_fault : std::uint8_t {
  none,
  truncated,
  not_shortest,
  indefinite_length,
  reserved_head,
  floating_point,
  simple_value,
  integer_range,
  not_utf8,
  key_not_text,
  key_order,
  key_duplicate,
  tag,
  link_form,
  link_cid,
  depth_limit,
  node_limit,
  size_limit,
  trailing_bytes
};

/// What is wrong, in words for an error message.
[[nodiscard]] std::string_view describe(cbor_fault fault) noexcept;

/// The major types of RFC 8949, section 3.1.
enum class cbor_major : std::uint8_t { uint, nint, bytes, text, array, map, tag, simple };

/// The one to nine bytes that begin every data item.
struct cbor_head {
  cbor_major major{};
  std::uint8_t size{};      ///< bytes of the head itself, 1 to 9
  std::uint64_t argument{}; ///< value, length, count, tag or simple value
};

/// Reads the head at `offset` as DAG-CBOR allows it: definite, in the shortest form, never a float.
/// `head` is meaningful only if the result is `none`. Does no allocation, so that walking a frame
/// costs no more than its heads.
[[nodiscard]] cbor_fault read_cbor_head(std::span<const std::byte> input, std::size_t offset,
                                        cbor_head& head) noexcept;

/// Moves `offset` past the item that begins there, over byte and text strings in O(1). Checks heads
/// and lengths only: not UTF-8, keys, tags, depth or ranges.
[[nodiscard]] cbor_fault skip_cbor_item(std::span<const std::byte> input,
                                        std::size_t& offset) noexcept;

} // namespace prism::atproto
