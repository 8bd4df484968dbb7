#include "tools/replay/frame_seq.hpp"

#include <algorithm>

namespace prism::net {

namespace {

// Major types of CBOR (RFC 8949, 3.1).
constexpr unsigned unsigned_type = 0;
constexpr unsigned negative_type = 1;
constexpr unsigned bytes_type = 2;
constexpr unsigned text_type = 3;
constexpr unsigned array_type = 4;
constexpr unsigned map_type = 5;
constexpr unsigned tag_type = 6;

// Maximum nesting depth of a frame.
constexpr int max_depth = 64;

struct item_head {
  unsigned type{0};
  std::uint64_t argument{0};
};

// Walks CBOR items from front to back; after the first error it stays failed and keeps the offset.
class walker {
public:
  explicit walker(std::span<const std::byte> bytes) : bytes_(bytes) {}

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] std::size_t offset() const { return offset_; }

  item_head head() {
    const unsigned first = byte();
    const unsigned info = first & 0x1f;
    item_head result{.type = first >> 5, .argument = info};
    if (info < 24)
      return result;
    if (info > 27) {
      failed_ = true;
      return {};
    }
    result.argument = 0;
    for (unsigned count = 1U << (info - 24); count > 0; --count)
      result.argument = result.argument << 8 | byte();
    return result;
  }

  // The content of a text or byte string whose head has been read.
  std::span<const std::byte> content(std::uint64_t length) {
    if (failed_ || length > bytes_.size() - offset_) {
      failed_ = true;
      return {};
    }
    const auto result = bytes_.subspan(offset_, length);
    offset_ += length;
    return result;
  }

  void skip(int depth = 0) {
    const auto item = head();
    if (depth > max_depth)
      failed_ = true;
    if (failed_)
      return;
    if (item.type == bytes_type || item.type == text_type)
      static_cast<void>(content(item.argument));
    else if (item.type == tag_type)
      skip(depth + 1);
    else if (item.type == array_type || item.type == map_type)
      for (std::uint64_t i = 0; i < item.argument && !failed_; ++i) {
        if (item.type == map_type)
          skip(depth + 1);
        skip(depth + 1);
      }
  }

private:
  unsigned byte() {
    if (failed_ || offset_ == bytes_.size()) {
      failed_ = true;
      return 0;
    }
    return std::to_integer<unsigned>(bytes_[offset_++]);
  }

  std::span<const std::byte> bytes_;
  std::size_t offset_{0};
  bool failed_{false};
};

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string_view read_text(walker& walk) {
  const auto item = walk.head();
  return item.type == text_type ? as_text(walk.content(item.argument)) : std::string_view{};
}

void read_seq(walker& walk, frame_seq& found) {
  found.offset = walk.offset();
  const auto item = walk.head();
  found.length = walk.offset() - found.offset;
  if (item.type == unsigned_type)
    found.seq = static_cast<std::int64_t>(item.argument);
  else if (item.type == negative_type)
    found.seq = -1 - static_cast<std::int64_t>(item.argument);
}

void append_unsigned(std::vector<std::byte>& out, std::uint64_t value) {
  if (value < 24) {
    out.push_back(static_cast<std::byte>(value));
    return;
  }
  unsigned log = 0;
  while (log < 3 && value >> (8U << log) != 0)
    ++log;
  out.push_back(static_cast<std::byte>(24 + log));
  for (unsigned bits = 8U << log; bits > 0; bits -= 8)
    out.push_back(static_cast<std::byte>(value >> (bits - 8)));
}

} // namespace

expected<frame_seq> find_seq(std::span<const std::byte> frame) {
  walker walk(frame);
  walk.skip();
  const auto body = walk.head();
  if (walk.failed() || body.type != map_type)
    return fail(errc::invalid, "not a frame: no header and body map at offset {}", walk.offset());
  frame_seq found;
  for (std::uint64_t i = 0; i < body.argument && !walk.failed(); ++i) {
    const auto key = read_text(walk);
    if (key == "seq")
      read_seq(walk, found);
    else if (key == "repo" || key == "did")
      found.repo = read_text(walk);
    else
      walk.skip();
  }
  if (walk.failed())
    return fail(errc::invalid, "not a frame: broken CBOR at offset {}", walk.offset());
  return found;
}

expected<std::vector<std::byte>> with_seq(std::span<const std::byte> frame, std::int64_t seq) {
  const auto found = find_seq(frame);
  if (!found)
    return tl::unexpected(found.error());
  if (!found->seq)
    return std::vector<std::byte>(frame.begin(), frame.end());
  const auto before = frame.first(found->offset);
  const auto after = frame.subspan(found->offset + found->length);
  std::vector<std::byte> result;
  result.reserve(frame.size() + sizeof(std::uint64_t));
  result.insert(result.end(), before.begin(), before.end());
  append_unsigned(result, static_cast<std::uint64_t>(std::max<std::int64_t>(seq, 0)));
  result.insert(result.end(), after.begin(), after.end());
  return result;
}

} // namespace prism::net
