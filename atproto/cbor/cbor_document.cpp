#include "atproto/cbor/cbor_document.hpp"

#include "atproto/cbor/cbor_head.hpp"
#include "atproto/cbor/cbor_writer.hpp"
#include "atproto/cbor/varint.hpp"
#include "atproto/text/utf8.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace prism::atproto {
namespace {

constexpr std::size_t depth_ceiling = 64;
constexpr std::uint64_t link_tag = 42;
constexpr std::uint64_t greatest_safe_integer = (std::uint64_t{1} << 53U) - 1;

// Whether these bytes are one CID of any version, codec and hash (multiformats, "CIDv1" and
// "CIDv0").
bool is_cid(std::span<const std::byte> bytes) {
  constexpr std::size_t size_of_version_0 = 34;
  if (bytes.size() >= 2 && bytes[0] == std::byte{0x12} && bytes[1] == std::byte{0x20})
    return bytes.size() == size_of_version_0;
  std::size_t offset = 0;
  const auto version = read_varint(bytes, offset);
  if (!version || *version != 1)
    return false;
  const auto codec = read_varint(bytes, offset);
  const auto hash = codec ? read_varint(bytes, offset) : codec;
  const auto size = hash ? read_varint(bytes, offset) : hash;
  return size && *size == bytes.size() - offset;
}

// Recursion is as deep as the depth limit at most.
class parser {
public:
  parser(std::span<const std::byte> input, const cbor_limits& limits, cbor_rules rules)
      : input_(input), rules_(rules), max_nodes_(limits.max_nodes),
        max_depth_(std::min(limits.max_depth, depth_ceiling)) {
    if (input.size() > limits.max_size ||
        input.size() > std::numeric_limits<std::uint32_t>::max()) {
      fault_ = cbor_fault::size_limit;
      return;
    }
    // Enough for a typical record at an item per dozen bytes, however large the input claims to be.
    entries_.reserve(std::min({max_nodes_, input.size() / 12 + 1, std::size_t{128}}));
  }

  [[nodiscard]] bool run() { return fault_ == cbor_fault::none && item(0); }

  [[nodiscard]] std::size_t position() const noexcept { return position_; }

  /// Whether nothing follows the item.
  [[nodiscard]] bool ends(std::size_t size) noexcept {
    return position_ == size || broken(cbor_fault::trailing_bytes);
  }

  [[nodiscard]] tl::unexpected<error> failure() const {
    const bool too_much = fault_ == cbor_fault::depth_limit || fault_ == cbor_fault::node_limit ||
                          fault_ == cbor_fault::size_limit;
    return fail(too_much ? errc::limit : errc::invalid, "dag-cbor: {} at offset {}",
                describe(fault_), position_);
  }

  std::vector<detail::cbor_entry> take() noexcept { return std::move(entries_); }

  [[nodiscard]] bool has_unsafe_integer() const noexcept { return has_unsafe_integer_; }
  [[nodiscard]] bool has_bad_text() const noexcept { return has_bad_text_; }

private:
  bool broken(cbor_fault fault) noexcept {
    fault_ = fault;
    return false;
  }

  bool read_head(cbor_head& head) noexcept {
    const auto fault = read_cbor_head(input_, position_, head, rules_);
    return fault == cbor_fault::none || broken(fault);
  }

  [[nodiscard]] bool is_strict() const noexcept { return rules_ == cbor_rules::canonical; }

  bool item(std::size_t depth) {
    cbor_head head;
    if (!read_head(head))
      return false;
    switch (head.major) {
    case cbor_major::uint:
    case cbor_major::nint:
      return integer(head);
    case cbor_major::bytes:
      return string(head, cbor_kind::bytes);
    case cbor_major::text:
      return string(head, cbor_kind::text);
    case cbor_major::array:
    case cbor_major::map:
      return container(head, depth);
    case cbor_major::tag:
      return link(head);
    case cbor_major::simple:
      break;
    }
    if (head.is_float())
      return number(head);
    const bool is_null =
        head.argument == cbor_simple::null || head.argument == cbor_simple::undefined;
    return add(is_null ? cbor_kind::null : cbor_kind::boolean, head.size);
  }

  // Where the reference reads, a whole number is an integer, however it is written.
  bool number(const cbor_head& head) {
    const double value = float_of(head);
    if (!std::isfinite(value))
      return broken(cbor_fault::not_a_number);
    const bool is_integer =
        std::trunc(value) == value && std::abs(value) <= static_cast<double>(greatest_safe_integer);
    return add(is_integer ? cbor_kind::integer : cbor_kind::number, head.size);
  }

  bool add(cbor_kind kind, std::size_t size, std::uint32_t count = 0) {
    if (entries_.size() >= max_nodes_)
      return broken(cbor_fault::node_limit);
    const auto begin = static_cast<std::uint32_t>(position_);
    const auto end = static_cast<std::uint32_t>(position_ + size);
    entries_.push_back({begin, end, 1, count, kind});
    position_ = end;
    return true;
  }

  bool integer(const cbor_head& head) {
    const bool fits =
        head.argument <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (!fits && is_strict())
      return broken(cbor_fault::integer_range);
    // -1 - argument, of which the least that is safe is -(2^53 - 1).
    const auto negative = head.major == cbor_major::nint ? std::uint64_t{1} : std::uint64_t{0};
    has_unsafe_integer_ |= head.argument > greatest_safe_integer - negative;
    return add(fits ? cbor_kind::integer : cbor_kind::big_integer, head.size);
  }

  bool string(const cbor_head& head, cbor_kind kind) {
    if (input_.size() - position_ - head.size < head.argument)
      return broken(cbor_fault::truncated);
    std::uint32_t form = detail::text_form::plain;
    if (kind == cbor_kind::text && !read_form(text_at(position_ + head.size, head.argument), form))
      return broken(cbor_fault::not_utf8);
    return add(kind, head.size + head.argument, form);
  }

  bool read_form(std::string_view text, std::uint32_t& form) noexcept {
    const bool is_valid = is_utf8(text);
    if (is_strict())
      return is_valid;
    has_bad_text_ |= !is_valid;
    if (!is_valid)
      form = detail::text_form::invalid;
    else if (text.starts_with(byte_order_mark))
      form = detail::text_form::marked;
    return true;
  }

  bool link(const cbor_head& tag) {
    if (tag.argument != link_tag)
      return broken(cbor_fault::tag);
    cbor_head head;
    const auto fault = read_cbor_head(input_, position_ + tag.size, head, rules_);
    if (fault != cbor_fault::none)
      return broken(fault);
    if (head.major != cbor_major::bytes)
      return broken(cbor_fault::link_form);
    const std::size_t content = position_ + tag.size + head.size;
    if (input_.size() - content < head.argument)
      return broken(cbor_fault::truncated);
    const auto bytes = input_.subspan(content, head.argument);
    if (bytes.empty() || bytes[0] != std::byte{0})
      return broken(cbor_fault::link_form);
    const auto id = bytes.subspan(1);
    const bool is_ours =
        (is_strict() ? cid::from_bytes(id) : cid::from_received_bytes(id)).has_value();
    if (!is_ours && (is_strict() || !is_cid(id)))
      return broken(cbor_fault::link_cid);
    return add(is_ours ? cbor_kind::link : cbor_kind::other_link,
               content + bytes.size() - position_);
  }

  bool container(const cbor_head& head, std::size_t depth) {
    if (depth >= max_depth_)
      return broken(cbor_fault::depth_limit);
    const bool is_map = head.major == cbor_major::map;
    // Every item takes a byte at least, so a larger count is a lie; and no loop or table is ever
    // sized by a number which the input does not back.
    const std::size_t room = input_.size() - position_ - head.size;
    if (head.argument > room)
      return broken(cbor_fault::truncated);
    const std::size_t self = entries_.size();
    if (!add(is_map ? cbor_kind::map : cbor_kind::array, head.size,
             static_cast<std::uint32_t>(head.argument)))
      return false;
    if (!(is_map ? pairs(head.argument, depth) : items(head.argument, depth)))
      return false;
    entries_[self].end = static_cast<std::uint32_t>(position_);
    entries_[self].extent = static_cast<std::uint32_t>(entries_.size() - self);
    return true;
  }

  bool items(std::uint64_t count, std::size_t depth) {
    for (std::uint64_t i = 0; i < count; ++i)
      if (!item(depth + 1))
        return false;
    return true;
  }

  bool pairs(std::uint64_t count, std::size_t depth) {
    const std::size_t first = entries_.size();
    bool is_sorted = true;
    std::string_view previous;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::size_t start = position_;
      cbor_head head;
      if (!read_head(head))
        return false;
      if (head.major != cbor_major::text)
        return broken(cbor_fault::key_not_text);
      if (!string(head, cbor_kind::text))
        return false;
      const auto key = node_at(entries_.size() - 1).as_unchecked_text().value();
      if (i > 0 && !ordered(previous, key)) {
        if (is_strict() || previous == key) {
          position_ = start;
          return broken(previous == key ? cbor_fault::key_duplicate : cbor_fault::key_order);
        }
        is_sorted = false;
      }
      previous = key;
      if (!item(depth + 1))
        return false;
    }
    return is_sorted || unique_keys(first, count);
  }

  // Of a map that is not sorted, whose first key is entry `first`. O(n log n), whatever it has.
  bool unique_keys(std::size_t first, std::uint64_t count) {
    std::vector<cbor_node> keys;
    keys.reserve(count);
    for (std::size_t at = first; keys.size() < count; at += 1 + entries_[at + 1].extent)
      keys.push_back(node_at(at));
    const auto text = [](const cbor_node& key) { return *key.as_unchecked_text(); };
    std::ranges::sort(keys, {}, text);
    const auto twice = std::ranges::adjacent_find(keys, {}, text);
    if (twice == keys.end())
      return true;
    position_ = twice->offset();
    return broken(cbor_fault::key_duplicate);
  }

  [[nodiscard]] cbor_node node_at(std::size_t entry) const noexcept {
    return {&entries_[entry], input_.data()};
  }

  static bool ordered(std::string_view a, std::string_view b) noexcept {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  }

  std::string_view text_at(std::size_t offset, std::size_t size) const noexcept {
    return {reinterpret_cast<const char*>(input_.data()) + offset, size};
  }

  std::span<const std::byte> input_;
  cbor_rules rules_;
  bool has_unsafe_integer_ = false;
  bool has_bad_text_ = false;
  std::size_t max_nodes_;
  std::size_t max_depth_;
  std::size_t position_ = 0;
  cbor_fault fault_ = cbor_fault::none;
  std::vector<detail::cbor_entry> entries_;
};

} // namespace

expected<cbor_document> cbor_document::parse(std::span<const std::byte> input,
                                             const cbor_limits& limits) {
  parser run{input, limits, cbor_rules::canonical};
  if (!run.run() || !run.ends(input.size()))
    return run.failure();
  return cbor_document{run.take(), input.data(), run.has_unsafe_integer()};
}

expected<cbor_document> cbor_document::parse_received(std::span<const std::byte> input,
                                                      bad_texts texts, const cbor_limits& limits) {
  parser run{input, limits, cbor_rules::received};
  if (!run.run() || !run.ends(input.size()))
    return run.failure();
  cbor_document found{run.take(), input.data(), run.has_unsafe_integer()};
  if (!run.has_bad_text())
    return found;
  // Again for every caller that asks: keys that differed may have become equal.
  auto copy = found.with_texts_replaced(input.size());
  cbor_limits copy_limits = limits;
  copy_limits.max_size = std::max(limits.max_size, copy.size());
  auto replaced = parse_received(copy, bad_texts::replace, copy_limits);
  if (!replaced || texts == bad_texts::replace) {
    if (replaced)
      replaced->copy_ = std::move(copy); // the bytes stay where they are
    return replaced;
  }
  return found;
}

expected<cbor_prefix> cbor_document::parse_prefix(std::span<const std::byte> input,
                                                  const cbor_limits& limits) {
  parser run{input, limits, cbor_rules::received};
  if (!run.run())
    return run.failure();
  return cbor_prefix{cbor_document{run.take(), input.data(), run.has_unsafe_integer()},
                     run.position()};
}

// Only heads and contents of texts change: counts are of items, not of bytes.
std::vector<std::byte> cbor_document::with_texts_replaced(std::size_t size) const {
  std::vector<std::byte> out;
  out.reserve(size + size / 2);
  const auto append = [&out](std::span<const std::byte> bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
  };
  std::size_t copied = 0;
  for (const auto& entry : entries_) {
    const cbor_node node{&entry, input_};
    if (!node.is(cbor_kind::text) || node.as_text())
      continue;
    append({input_ + copied, input_ + entry.begin});
    cbor_writer text;
    text.text(with_replacements(*node.as_unchecked_text()));
    append(*text.finish());
    copied = entry.end;
  }
  append({input_ + copied, input_ + size});
  return out;
}

} // namespace prism::atproto
