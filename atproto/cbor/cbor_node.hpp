#pragma once

#include "atproto/cbor/cid.hpp"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>

namespace prism::atproto {

/// The kinds of value in the atproto data model (data-model spec, "Data Types"); and, in documents
/// parsed by `cbor_rules::received` only, three more that the model does not have.
enum class cbor_kind : std::uint8_t {
  null,
  boolean,
  integer,
  bytes,
  text,
  link,
  array,
  map,
  number,      ///< a float, unless it is a whole number of at most 53 bits: that is an integer
  big_integer, ///< an integer outside of int64
  other_link   ///< a CID that `cid` does not hold
};

/// The name used in error messages.
[[nodiscard]] std::string_view to_string(cbor_kind kind) noexcept;

namespace detail {

// One item of a parsed document. Children follow their parent; `extent` leads to the next sibling.
struct cbor_entry {
  std::uint32_t begin;  // offset of the item's head in the input
  std::uint32_t end;    // offset past the item
  std::uint32_t extent; // entries of the item with all that is inside it
  std::uint32_t count;  // items of an array, pairs of a map, a `text_form`, else 0
  cbor_kind kind;
};

// How a text's bytes lead to the text, in `count` of its entry.
namespace text_form {
inline constexpr std::uint32_t plain = 0;
inline constexpr std::uint32_t marked = 1;  // begins with a byte order mark, which is no part of it
inline constexpr std::uint32_t invalid = 2; // is not UTF-8
} // namespace text_form

} // namespace detail

class cbor_items;
class cbor_pairs;

/// A handle on one item of a `cbor_document`: two pointers, to copy freely. It stays valid while
/// the document (which may be moved) and the input bytes live.
///
/// Accessors never fail loudly: asked for another kind than it has, a node answers `nullopt`, an
/// empty range or 0. Thus "absent or of the wrong kind" is one test, and `kind()` tells which.
class cbor_node {
public:
  cbor_node(const detail::cbor_entry* entry, const std::byte* input) noexcept
      : entry_(entry), input_(input) {}

  [[nodiscard]] cbor_kind kind() const noexcept { return entry_->kind; }
  [[nodiscard]] bool is(cbor_kind kind) const noexcept { return entry_->kind == kind; }

  [[nodiscard]] std::optional<bool> as_bool() const noexcept;
  [[nodiscard]] std::optional<std::int64_t> as_int() const noexcept;
  /// Points into the input.
  [[nodiscard]] std::optional<std::span<const std::byte>> as_bytes() const noexcept;
  /// Points into the input. Valid UTF-8, but may contain NUL. In received documents a byte order
  /// mark at the beginning is left out, and `nullopt` is also the answer for a text that is not
  /// UTF-8.
  [[nodiscard]] std::optional<std::string_view> as_text() const noexcept;
  /// The same, but a text that is not UTF-8 is given as it is.
  [[nodiscard]] std::optional<std::string_view> as_unchecked_text() const noexcept;
  [[nodiscard]] std::optional<cid> as_link() const noexcept;
  /// The value of an integer or a number.
  [[nodiscard]] std::optional<double> as_number() const noexcept;
  /// The binary form of a link or an `other_link`.
  [[nodiscard]] std::optional<std::span<const std::byte>> as_any_link() const noexcept;

  /// Items of an array or pairs of a map; 0 for other kinds.
  [[nodiscard]] std::size_t size() const noexcept {
    return is(cbor_kind::array) || is(cbor_kind::map) ? entry_->count : 0;
  }

  /// The items of an array, to iterate over; empty for other kinds.
  [[nodiscard]] cbor_items items() const noexcept;
  /// The (key, value) pairs of a map in their canonical order; empty for other kinds.
  [[nodiscard]] cbor_pairs pairs() const noexcept;

  /// The value of `key` if this is a map that has it. Linear in the number of pairs.
  [[nodiscard]] std::optional<cbor_node> find(std::string_view key) const noexcept;

  /// Shorthands for `find` and the accessor: `nullopt` if absent or of another kind.
  [[nodiscard]] std::optional<std::int64_t> find_int(std::string_view key) const noexcept;
  [[nodiscard]] std::optional<std::span<const std::byte>>
  find_bytes(std::string_view key) const noexcept;
  [[nodiscard]] std::optional<std::string_view> find_text(std::string_view key) const noexcept;
  [[nodiscard]] std::optional<cid> find_link(std::string_view key) const noexcept;

  /// Exactly the bytes of this item in the input, head included.
  [[nodiscard]] std::span<const std::byte> raw() const noexcept {
    return {input_ + entry_->begin, input_ + entry_->end};
  }

  /// Where the item begins in the input, for error messages.
  [[nodiscard]] std::size_t offset() const noexcept { return entry_->begin; }

private:
  friend class cbor_items;
  friend class cbor_pairs;

  // What follows the head of a byte or text string.
  [[nodiscard]] std::span<const std::byte> content() const noexcept;

  const detail::cbor_entry* entry_;
  const std::byte* input_;
};

/// The items of an array: a forward range of `cbor_node`.
class cbor_items {
public:
  class iterator {
  public:
    using iterator_category = std::input_iterator_tag;
    using difference_type = std::ptrdiff_t;
    using value_type = cbor_node;
    using pointer = void;
    using reference = cbor_node;

    iterator() noexcept = default;
    iterator(const detail::cbor_entry* entry, const std::byte* input) noexcept
        : entry_(entry), input_(input) {}

    [[nodiscard]] cbor_node operator*() const noexcept { return {entry_, input_}; }
    iterator& operator++() noexcept {
      entry_ += entry_->extent;
      return *this;
    }
    iterator operator++(int) noexcept {
      auto old = *this;
      ++*this;
      return old;
    }
    [[nodiscard]] bool operator==(const iterator& other) const noexcept {
      return entry_ == other.entry_;
    }

  private:
    const detail::cbor_entry* entry_ = nullptr;
    const std::byte* input_ = nullptr;
  };

  explicit cbor_items(cbor_node array) noexcept : array_(array) {}

  [[nodiscard]] iterator begin() const noexcept {
    return {array_.entry_ + (array_.is(cbor_kind::array) ? 1 : array_.entry_->extent),
            array_.input_};
  }
  [[nodiscard]] iterator end() const noexcept {
    return {array_.entry_ + array_.entry_->extent, array_.input_};
  }

private:
  cbor_node array_;
};

/// One pair of a map.
struct cbor_pair {
  std::string_view key; ///< points into the input; as by `cbor_node::as_unchecked_text`
  cbor_node value;
};

/// The pairs of a map: a forward range of `cbor_pair`.
class cbor_pairs {
public:
  class iterator {
  public:
    using iterator_category = std::input_iterator_tag;
    using difference_type = std::ptrdiff_t;
    using value_type = cbor_pair;
    using pointer = void;
    using reference = cbor_pair;

    iterator() noexcept = default;
    iterator(const detail::cbor_entry* entry, const std::byte* input) noexcept
        : entry_(entry), input_(input) {}

    [[nodiscard]] cbor_pair operator*() const noexcept;
    iterator& operator++() noexcept {
      entry_ += 1 + entry_[1].extent;
      return *this;
    }
    iterator operator++(int) noexcept {
      auto old = *this;
      ++*this;
      return old;
    }
    [[nodiscard]] bool operator==(const iterator& other) const noexcept {
      return entry_ == other.entry_;
    }

  private:
    const detail::cbor_entry* entry_ = nullptr;
    const std::byte* input_ = nullptr;
  };

  explicit cbor_pairs(cbor_node map) noexcept : map_(map) {}

  [[nodiscard]] iterator begin() const noexcept {
    return {map_.entry_ + (map_.is(cbor_kind::map) ? 1 : map_.entry_->extent), map_.input_};
  }
  [[nodiscard]] iterator end() const noexcept {
    return {map_.entry_ + map_.entry_->extent, map_.input_};
  }

private:
  cbor_node map_;
};

} // namespace prism::atproto
