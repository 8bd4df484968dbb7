#pragma once

#include "atproto/cbor/cbor_node.hpp"
#include "core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace prism::atproto {

/// Limits on untrusted input.
struct cbor_limits {
  /// Bytes of input. Default 5 MiB, the largest frame; must be below 4 GiB.
  std::size_t max_size = std::size_t{5} << 20U;
  /// Items, map keys included. One costs 20 bytes of memory. The default cannot be reached by a
  /// record of 1 MiB, the largest that the protocol allows.
  std::size_t max_nodes = std::size_t{1} << 20U;
  /// Arrays and maps inside each other. A scalar has depth 0, an empty map 1. At most 64, which
  /// bounds the recursion of everything that walks a document.
  std::size_t max_depth = 64;
};

struct cbor_prefix;

/// What becomes of texts that are not UTF-8, in input from strangers.
enum class bad_texts : std::uint8_t {
  keep,   ///< stay as they are; `cbor_node::as_text` does not give them
  replace ///< are decoded with U+FFFD, in a copy of the input that the document owns
};

/// A parsed DAG-CBOR item (the strict subset of the data-model spec and of RFC 8949: definite
/// lengths, shortest numbers, no floats, text keys sorted by length and then bytes, no duplicates,
/// tag 42 only, integers within int64, valid UTF-8). Since only the canonical form passes, equal
/// values have equal bytes.
///
/// Zero copy: it holds one flat table of items that point into the input, which must outlive it.
/// Time and memory are linear in the input. Immutable after parsing, so any thread may read it.
class cbor_document {
public:
  /// Parses `input`, which must be exactly one item.
  /// @returns `errc::invalid` or `errc::limit` with the rule and the offset.
  [[nodiscard]] static expected<cbor_document> parse(std::span<const std::byte> input,
                                                     const cbor_limits& limits = {});

  /// Parses `input`, which must be exactly one item, as the reference's decoder reads what
  /// strangers send (`cbor_rules::received`). Definite lengths, shortest heads, text keys, no
  /// duplicate keys, no other tag than 42 and neither NaN nor infinities are rules here too;
  /// docs/DECODING.md says what is not. Unequal bytes may have equal values, so a CID is always
  /// that of the bytes as they came.
  [[nodiscard]] static expected<cbor_document>
  parse_received(std::span<const std::byte> input, bad_texts texts, const cbor_limits& limits = {});

  /// Parses the item at the front of `input` in the same way, with `bad_texts::keep`, whatever
  /// follows it. Event-stream frames are two items in a row.
  [[nodiscard]] static expected<cbor_prefix> parse_prefix(std::span<const std::byte> input,
                                                          const cbor_limits& limits = {});

  cbor_document(cbor_document&&) noexcept = default;
  cbor_document& operator=(cbor_document&&) noexcept = default;
  cbor_document(const cbor_document&) = delete;
  cbor_document& operator=(const cbor_document&) = delete;
  ~cbor_document() = default;

  /// What it says of itself is about the input; or, if texts were replaced, about the copy.
  [[nodiscard]] cbor_node root() const noexcept { return {entries_.data(), input_}; }

  /// An integer in it, at any depth, has more than 53 bits: JavaScript's numbers do not hold it.
  [[nodiscard]] bool has_unsafe_integer() const noexcept { return has_unsafe_integer_; }

private:
  cbor_document(std::vector<detail::cbor_entry> entries, const std::byte* input,
                bool has_unsafe_integer) noexcept
      : entries_(std::move(entries)), input_(input), has_unsafe_integer_(has_unsafe_integer) {}

  [[nodiscard]] std::vector<std::byte> with_texts_replaced(std::size_t size) const;

  std::vector<detail::cbor_entry> entries_;
  std::vector<std::byte> copy_; // of the input, if texts were replaced
  const std::byte* input_;
  bool has_unsafe_integer_;
};

/// A document, and how many bytes of the input it took.
struct cbor_prefix {
  cbor_document document;
  std::size_t consumed;
};

} // namespace prism::atproto
