#include "net/tunnel/hello_fields.hpp"

#include <climits>

namespace prism::net {

namespace {

static_assert(hello_limits::magic + sizeof(std::uint16_t) == hello_limits::head);

} // namespace

void hello_writer::number8(std::uint8_t value) {
  bytes_.push_back(std::byte{value});
}

void hello_writer::number16(std::uint16_t value) {
  number8(static_cast<std::uint8_t>(value >> CHAR_BIT));
  number8(static_cast<std::uint8_t>(value & 0xFFU));
}

void hello_writer::range(version_range value) {
  number16(value.min);
  number16(value.max);
}

void hello_writer::text(std::string_view value) {
  value = value.substr(0, hello_limits::max_text);
  number8(static_cast<std::uint8_t>(value.size()));
  raw(value);
}

void hello_writer::long_text(std::string_view value) {
  value = value.substr(0, hello_limits::max_reason);
  number16(static_cast<std::uint16_t>(value.size()));
  raw(value);
}

std::vector<std::byte> hello_writer::message(std::string_view magic) const {
  hello_writer head;
  head.raw(magic);
  head.number16(static_cast<std::uint16_t>(bytes_.size()));
  head.bytes_.insert(head.bytes_.end(), bytes_.begin(), bytes_.end());
  return head.bytes_;
}

void hello_writer::raw(std::string_view value) {
  const auto bytes = std::as_bytes(std::span{value});
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

std::uint8_t hello_reader::number8() {
  const auto one = take(1);
  return one.empty() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(one.front());
}

std::uint16_t hello_reader::number16() {
  const unsigned high = number8();
  const unsigned low = number8();
  return static_cast<std::uint16_t>((high << CHAR_BIT) | low);
}

version_range hello_reader::range() {
  const auto min = number16();
  const auto max = number16();
  good_ = good_ && min <= max;
  return {.min = min, .max = max};
}

std::string hello_reader::text() {
  return text_of(number8(), hello_limits::max_text);
}

std::string hello_reader::long_text() {
  return text_of(number16(), hello_limits::max_reason);
}

std::span<const std::byte> hello_reader::take(std::size_t count) {
  if (!good_ || rest_.size() < count) {
    good_ = false;
    return {};
  }
  const auto out = rest_.first(count);
  rest_ = rest_.subspan(count);
  return out;
}

std::string hello_reader::text_of(std::size_t size, std::size_t limit) {
  good_ = good_ && size <= limit;
  const auto bytes = take(size);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

} // namespace prism::net
