#include "atproto/text/base32.hpp"

#include <cstdint>

namespace prism::atproto {
namespace {

constexpr std::string_view base32_alphabet = "abcdefghijklmnopqrstuvwxyz234567";

constexpr int value_of(char c) noexcept {
  if (c >= 'a' && c <= 'z')
    return c - 'a';
  if (c >= '2' && c <= '7')
    return c - '2' + 26;
  return -1;
}

} // namespace

std::string base32_encode(std::span<const std::byte> data) {
  std::string text;
  text.reserve((data.size() * 8 + 4) / 5);
  std::uint32_t buffer = 0;
  int bits = 0;
  for (const auto byte : data) {
    buffer = (buffer << 8) | std::to_integer<std::uint32_t>(byte);
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text.push_back(base32_alphabet[(buffer >> bits) & 31U]);
    }
  }
  if (bits > 0)
    text.push_back(base32_alphabet[(buffer << (5 - bits)) & 31U]);
  return text;
}

expected<void> base32_decode(std::string_view text, std::span<std::byte> out) {
  if (text.size() != (out.size() * 8 + 4) / 5) {
    return fail(errc::invalid, "base32: {} characters where {} bytes need {}", text.size(),
                out.size(), (out.size() * 8 + 4) / 5);
  }
  std::uint32_t buffer = 0;
  int bits = 0;
  std::size_t written = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int value = value_of(text[i]);
    if (value < 0) {
      return fail(errc::invalid, "base32: byte 0x{:02x} at position {} is outside a-z2-7",
                  static_cast<unsigned char>(text[i]), i);
    }
    buffer = (buffer << 5) | static_cast<std::uint32_t>(value);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out[written++] = static_cast<std::byte>((buffer >> bits) & 0xFFU);
    }
  }
  if ((buffer & ((1U << bits) - 1U)) != 0)
    return fail(errc::invalid, "base32: the last character has bits set beyond the data");
  return {};
}

} // namespace prism::atproto
