#include "atproto/cbor/cbor_document.hpp"

#include "atproto/cbor/cbor_head.hpp"
#include "atproto/text/utf8.hpp"

#include <algorithm>
#include <limits>

namespace prism::atproto {
namespace {

constexpr std::size_t depth_ceiling = 64;
constexpr std::uint64_t link_tag = 42;

// Recursion is as deep as the depth limit at most.
class parser {
public:
  parser(std::span<const std::byte> input, const cbor_limits& limits)
      : input_(input), max_nodes_(limits.max_nodes),
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

  void stop(cbor_fault fault) noexcept { fault_ = fault; }

  [[nodiscard]] tl::unexpected<error> failure() const {
    const bool too_much = fault_ == cbor_fault::depth_limit || fault_ == cbor_fault::node_limit ||
                          fault_ == cbor_fault::size_limit;
    return fail(too_much ? errc::limit : errc::invalid, "dag-cbor: {} at offset {}",
                describe(fault_), position_);
  }

  std::vector<detail::cbor_entry> take() noexcept { return std::move(entries_); }

private:
  bool broken(cbor_fault fault) noexcept {
    fault_ = fault;
    return false;
  }

  bool read_head(cbor_head& head) noexcept {
    const auto fault = read_cbor_head(input_, position_, head);
    return fault == cbor_fault::none || broken(fault);
  }

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
    constexpr std::uint64_t null = 22;
    return add(head.argument == null ? cbor_kind::null : cbor_kind::boolean, head.size);
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
    if (head.argument > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return broken(cbor_fault::integer_range);
    return add(cbor_kind::integer, head.size);
  }

  bool string(const cbor_head& head, cbor_kind kind) {
    if (input_.size() - position_ - head.size < head.argument)
      return broken(cbor_fault::truncated);
    if (kind == cbor_kind::text && !is_utf8(text_at(position_ + head.size, head.argument)))
      return broken(cbor_fault::not_utf8);
    return add(kind, head.size + head.argument);
  }

  bool link(const cbor_head& tag) {
    if (tag.argument != link_tag)
      return broken(cbor_fault::tag);
    cbor_head head;
    const auto fault = read_cbor_head(input_, position_ + tag.size, head);
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
    if (!cid::from_bytes(bytes.subspan(1)))
      return broken(cbor_fault::link_cid);
    return add(cbor_kind::link, content + bytes.size() - position_);
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
      const auto key = text_at(start + head.size, head.argument);
      if (i > 0 && !ordered(previous, key)) {
        position_ = start;
        return broken(previous == key ? cbor_fault::key_duplicate : cbor_fault::key_order);
      }
      previous = key;
      if (!item(depth + 1))
        return false;
    }
    return true;
  }

  static bool ordered(std::string_view a, std::string_view b) noexcept {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  }

  std::string_view text_at(std::size_t offset, std::size_t size) const noexcept {
    return {reinterpret_cast<const char*>(input_.data()) + offset, size};
  }

  std::span<const std::byte> input_;
  std::size_t max_nodes_;
  std::size_t max_depth_;
  std::size_t position_ = 0;
  cbor_fault fault_ = cbor_fault::none;
  std::vector<detail::cbor_entry> entries_;
};

} // namespace

expected<cbor_document> cbor_document::parse(std::span<const std::byte> input,
                                             const cbor_limits& limits) {
  parser run{input, limits};
  if (!run.run())
    return run.failure();
  if (run.position() != input.size()) {
    run.stop(cbor_fault::trailing_bytes);
    return run.failure();
  }
  return cbor_document{run.take(), input.data()};
}

expected<cbor_prefix> cbor_document::parse_prefix(std::span<const std::byte> input,
                                                  const cbor_limits& limits) {
  parser run{input, limits};
  if (!run.run())
    return run.failure();
  return cbor_prefix{cbor_document{run.take(), input.data()}, run.position()};
}

} // namespace prism::atproto
