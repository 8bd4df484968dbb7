#pragma once

#include "atproto/cbor/cid.hpp"
#include "core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace prism::atproto {

/// Encodes canonical DAG-CBOR, item by item. Counts and key order are its own business: containers
/// are closed with `end_map` and `end_array`, and keys may come in any order.
///
///     cbor_writer out;
///     out.begin_map();
///     out.key("$type").text("app.bsky.feed.like");
///     out.key("subject").link(subject);
///     out.end_map();
///     auto block = out.finish();
///
/// Misuse (a duplicate key, a value without its key, an unclosed container, text that is not UTF-8)
/// is remembered and reported by `finish`, so calls need no checks in between.
/// Not thread-safe.
class cbor_writer {
public:
  cbor_writer& begin_map();
  cbor_writer& end_map();
  cbor_writer& begin_array();
  cbor_writer& end_array();

  /// The key of the next value; only inside a map.
  cbor_writer& key(std::string_view name);

  cbor_writer& null();
  cbor_writer& boolean(bool value);
  cbor_writer& integer(std::int64_t value);
  cbor_writer& text(std::string_view value);
  cbor_writer& bytes(std::span<const std::byte> value);
  cbor_writer& link(const cid& value);

  /// Puts in one item that is already canonical DAG-CBOR, such as `cbor_node::raw()`. Unchecked.
  cbor_writer& raw(std::span<const std::byte> item);

  /// Everything written: one item, or several one behind the other. The writer is empty afterwards.
  /// @returns `errc::invalid` naming the first misuse.
  [[nodiscard]] expected<std::vector<std::byte>> finish();

private:
  struct container {
    std::size_t head;      // offset of its first byte
    std::size_t count;     // items or pairs so far
    std::size_t first_key; // of a map: index into keys_
    bool is_map;
    bool sorted;
    bool has_key; // a key waits for its value
  };
  struct key_ref {
    std::size_t offset;
    std::size_t size; // of the encoded key
  };

  void begin(bool is_map);
  void end(bool is_map);
  void sort_pairs(const container& map);
  void set_count(const container& done);
  bool before_value();
  void head(std::uint8_t major, std::uint64_t argument);
  void append(std::span<const std::byte> data);
  void misuse(std::string_view what);
  [[nodiscard]] std::span<const std::byte> encoded(key_ref key) const;

  std::vector<std::byte> out_;
  std::vector<container> open_;
  std::vector<key_ref> keys_;
  std::string_view misuse_;       // a literal; empty = none
  std::size_t misuse_offset_ = 0; // bytes written when it happened
};

} // namespace prism::atproto
