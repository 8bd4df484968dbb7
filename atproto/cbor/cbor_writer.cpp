#include "atproto/cbor/cbor_writer.hpp"

#include "atproto/cbor/cbor_head.hpp"
#include "atproto/text/utf8.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace prism::atproto {
namespace {

// The head of an item, as bytes.
struct encoded_head {
  std::array<std::byte, 9> bytes;
  std::size_t size;
};

encoded_head encode_head(std::uint8_t major, std::uint64_t argument) noexcept {
  const auto type = static_cast<unsigned>(major) << 5U;
  if (argument < 24)
    return {{static_cast<std::byte>(type | argument)}, 1};
  unsigned info = 24;
  std::size_t length = 1;
  while (length < 8 && (argument >> (8 * length)) != 0) {
    length *= 2;
    ++info;
  }
  encoded_head result{{static_cast<std::byte>(type | info)}, 1 + length};
  for (std::size_t i = 0; i < length; ++i)
    result.bytes[length - i] = static_cast<std::byte>((argument >> (8 * i)) & 0xFFU);
  return result;
}

constexpr auto major_of(cbor_major major) {
  return static_cast<std::uint8_t>(major);
}

// Since shorter texts have smaller heads, the order of encoded keys is the canonical one.
bool less(std::span<const std::byte> a, std::span<const std::byte> b) noexcept {
  return std::ranges::lexicographical_compare(a, b);
}

} // namespace

cbor_writer& cbor_writer::begin_map() {
  begin(true);
  return *this;
}

cbor_writer& cbor_writer::end_map() {
  end(true);
  return *this;
}

cbor_writer& cbor_writer::begin_array() {
  begin(false);
  return *this;
}

cbor_writer& cbor_writer::end_array() {
  end(false);
  return *this;
}

cbor_writer& cbor_writer::key(std::string_view name) {
  if (open_.empty() || !open_.back().is_map) {
    misuse("a key outside of a map");
    return *this;
  }
  auto& map = open_.back();
  if (map.has_key) {
    misuse("two keys in a row");
    return *this;
  }
  if (!is_utf8(name)) {
    misuse("a key that is not UTF-8");
    return *this;
  }
  const std::size_t offset = out_.size();
  head(major_of(cbor_major::text), name.size());
  append(std::as_bytes(std::span{name}));
  const key_ref here{offset, out_.size() - offset};
  if (keys_.size() > map.first_key && !less(encoded(keys_.back()), encoded(here)))
    map.sorted = false;
  keys_.push_back(here);
  map.has_key = true;
  return *this;
}

cbor_writer& cbor_writer::null() {
  constexpr std::uint64_t simple_null = 22;
  if (before_value())
    head(major_of(cbor_major::simple), simple_null);
  return *this;
}

cbor_writer& cbor_writer::boolean(bool value) {
  constexpr std::uint64_t simple_false = 20;
  if (before_value())
    head(major_of(cbor_major::simple), simple_false + (value ? 1 : 0));
  return *this;
}

cbor_writer& cbor_writer::integer(std::int64_t value) {
  if (!before_value())
    return *this;
  if (value >= 0)
    head(major_of(cbor_major::uint), static_cast<std::uint64_t>(value));
  else
    head(major_of(cbor_major::nint), static_cast<std::uint64_t>(-1 - value));
  return *this;
}

cbor_writer& cbor_writer::text(std::string_view value) {
  if (!is_utf8(value)) {
    misuse("text that is not UTF-8");
    return *this;
  }
  if (before_value()) {
    head(major_of(cbor_major::text), value.size());
    append(std::as_bytes(std::span{value}));
  }
  return *this;
}

cbor_writer& cbor_writer::bytes(std::span<const std::byte> value) {
  if (before_value()) {
    head(major_of(cbor_major::bytes), value.size());
    append(value);
  }
  return *this;
}

cbor_writer& cbor_writer::link(const cid& value) {
  constexpr std::uint64_t tag = 42;
  if (before_value()) {
    head(major_of(cbor_major::tag), tag);
    head(major_of(cbor_major::bytes), cid::size + 1);
    out_.push_back(std::byte{0});
    append(value.bytes());
  }
  return *this;
}

cbor_writer& cbor_writer::raw(std::span<const std::byte> item) {
  if (before_value())
    append(item);
  return *this;
}

expected<std::vector<std::byte>> cbor_writer::finish() {
  if (!open_.empty())
    misuse("a container that was not closed");
  const auto reason = std::exchange(misuse_, {});
  auto bytes = std::exchange(out_, {});
  open_.clear();
  keys_.clear();
  if (!reason.empty())
    return fail(errc::invalid, "dag-cbor encoder: {} at offset {}", reason, misuse_offset_);
  return bytes;
}

void cbor_writer::begin(bool is_map) {
  if (!before_value())
    return;
  open_.push_back({out_.size(), 0, keys_.size(), is_map, true, false});
  // One byte is enough for the count in nearly all cases; end() makes room in the others.
  out_.push_back(std::byte{0});
}

void cbor_writer::end(bool is_map) {
  if (open_.empty() || open_.back().is_map != is_map) {
    misuse("an end that does not match its begin");
    return;
  }
  const container done = open_.back();
  if (done.has_key) {
    misuse("a key without a value");
    return;
  }
  open_.pop_back();
  if (!done.sorted)
    sort_pairs(done);
  keys_.resize(done.first_key);
  set_count(done);
}

void cbor_writer::sort_pairs(const container& map) {
  struct pair {
    std::span<const std::byte> key;
    std::span<const std::byte> whole;
  };
  std::vector<pair> pairs;
  pairs.reserve(map.count);
  const std::span<const std::byte> written{out_};
  for (std::size_t i = map.first_key; i < keys_.size(); ++i) {
    const std::size_t begin = keys_[i].offset;
    const std::size_t end = i + 1 < keys_.size() ? keys_[i + 1].offset : out_.size();
    pairs.push_back({encoded(keys_[i]), written.subspan(begin, end - begin)});
  }
  std::ranges::sort(pairs, less, &pair::key);
  const auto same = [](const pair& a, const pair& b) { return std::ranges::equal(a.key, b.key); };
  if (std::ranges::adjacent_find(pairs, same) != pairs.end()) {
    misuse("a duplicate key in the map");
    return;
  }
  std::vector<std::byte> sorted;
  sorted.reserve(out_.size() - map.head);
  for (const auto& each : pairs)
    sorted.insert(sorted.end(), each.whole.begin(), each.whole.end());
  std::ranges::copy(sorted, out_.begin() + static_cast<std::ptrdiff_t>(map.head) + 1);
}

void cbor_writer::set_count(const container& done) {
  const auto major = done.is_map ? cbor_major::map : cbor_major::array;
  const auto final_head = encode_head(major_of(major), done.count);
  const auto at = out_.begin() + static_cast<std::ptrdiff_t>(done.head);
  const auto begin = final_head.bytes.begin();
  *at = *begin;
  out_.insert(at + 1, begin + 1, begin + static_cast<std::ptrdiff_t>(final_head.size));
}

// Checks that a value may stand here, and counts it.
bool cbor_writer::before_value() {
  if (open_.empty())
    return true;
  auto& parent = open_.back();
  if (parent.is_map && !parent.has_key) {
    misuse("a value without its key");
    return false;
  }
  parent.has_key = false;
  ++parent.count;
  return true;
}

void cbor_writer::head(std::uint8_t major, std::uint64_t argument) {
  const auto encoded = encode_head(major, argument);
  append(std::span{encoded.bytes}.first(encoded.size));
}

void cbor_writer::append(std::span<const std::byte> data) {
  out_.insert(out_.end(), data.begin(), data.end());
}

void cbor_writer::misuse(std::string_view what) {
  if (misuse_.empty()) {
    misuse_ = what;
    misuse_offset_ = out_.size();
  }
}

std::span<const std::byte> cbor_writer::encoded(key_ref key) const {
  return std::span{out_}.subspan(key.offset, key.size);
}

} // namespace prism::atproto
