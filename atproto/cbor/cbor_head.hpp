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
  not_a_number,
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

/// What a reader takes.
enum class cbor_rules : std::uint8_t {
  /// DAG-CBOR only: what we write, and what a CID is computed over when we rebuild a block.
  canonical,
  /// What strangers send, as the reference's decoder takes it (docs/DECODING.md): also floats,
  /// `undefined`, keys in any order, texts that are not UTF-8, integers of 64 bits and links of any
  /// format.
  received
};

/// The major types of RFC 8949, section 3.1.
enum class cbor_major : std::uint8_t { uint, nint, bytes, text, array, map, tag, simple };

/// The one to nine bytes that begin every data item.
struct cbor_head {
  cbor_major major{};
  std::uint8_t size{};      ///< bytes of the head itself, 1 to 9
  std::uint64_t argument{}; ///< value, length, count, tag, simple value or the bits of a float

  /// Whether this is a float, of which `argument` are the bits. Never by `cbor_rules::canonical`.
  [[nodiscard]] bool is_float() const noexcept { return major == cbor_major::simple && size > 1; }
};

/// The simple values that a head can have.
namespace cbor_simple {
inline constexpr std::uint64_t no = 20;
inline constexpr std::uint64_t yes = 21;
inline constexpr std::uint64_t null = 22;
inline constexpr std::uint64_t undefined = 23; ///< read as null
} // namespace cbor_simple

/// Reads the head at `offset`: definite, in the shortest form; a float or `undefined` only by
/// `cbor_rules::received`. `head` is meaningful only if the result is `none`. Does no allocation,
/// so that walking a frame costs no more than its heads.
[[nodiscard]] cbor_fault read_cbor_head(std::span<const std::byte> input, std::size_t offset,
                                        cbor_head& head,
                                        cbor_rules rules = cbor_rules::canonical) noexcept;

/// The value of a head that is a float.
[[nodiscard]] double float_of(const cbor_head& head) noexcept;

/// Moves `offset` past the item that begins there, over byte and text strings in O(1). Checks heads
/// and lengths only: not UTF-8, keys, tags, depth or ranges.
[[nodiscard]] cbor_fault skip_cbor_item(std::span<const std::byte> input, std::size_t& offset,
                                        cbor_rules rules = cbor_rules::canonical) noexcept;

} // namespace prism::atproto
