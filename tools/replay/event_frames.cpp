#include "tools/replay/event_frames.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <boost/endian/conversion.hpp>
#include <cstdint>

namespace prism::net {

namespace {

// CBOR initial bytes (RFC 8949, 3).
constexpr unsigned text_head = 3U << 5;
constexpr unsigned map_head = 5U << 5;
constexpr unsigned plus_one = 1;
constexpr unsigned minus_one = 1U << 5;

constexpr std::size_t longest_text = 0xffff;

void append(std::vector<std::byte>& out, std::size_t value) {
  out.push_back(static_cast<std::byte>(value));
}

void append_text(std::vector<std::byte>& out, std::string_view text) {
  text = text.substr(0, longest_text);
  if (text.size() < 24) {
    append(out, text_head | text.size());
  } else if (text.size() <= 0xff) {
    append(out, text_head | 24U);
    append(out, text.size());
  } else {
    append(out, text_head | 25U);
    const auto size = boost::endian::native_to_big(static_cast<std::uint16_t>(text.size()));
    for (const auto byte : std::bit_cast<std::array<std::byte, sizeof size>>(size))
      out.push_back(byte);
  }
  for (const char c : text)
    append(out, static_cast<unsigned char>(c));
}

} // namespace

// Keys are in DAG-CBOR order: shorter ones first.

std::vector<std::byte> make_error_frame(std::string_view name, std::string_view message) {
  std::vector<std::byte> out;
  append(out, map_head | 1U);
  append_text(out, "op");
  append(out, minus_one);
  append(out, map_head | 2U);
  append_text(out, "error");
  append_text(out, name);
  append_text(out, "message");
  append_text(out, message);
  return out;
}

std::vector<std::byte> make_info_frame(std::string_view name, std::string_view message) {
  std::vector<std::byte> out;
  append(out, map_head | 2U);
  append_text(out, "t");
  append_text(out, "#info");
  append_text(out, "op");
  append(out, plus_one);
  append(out, map_head | 2U);
  append_text(out, "name");
  append_text(out, name);
  append_text(out, "message");
  append_text(out, message);
  return out;
}

} // namespace prism::net
