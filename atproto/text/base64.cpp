#include "atproto/text/base64.hpp"

#include <array>
#include <cstdint>

namespace prism::atproto {
namespace {

constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::uint8_t no_value = 0xFF;

constexpr auto values = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(no_value);
  for (std::size_t i = 0; i < base64_alphabet.size(); ++i)
    table[static_cast<unsigned char>(base64_alphabet[i])] = static_cast<std::uint8_t>(i);
  return table;
}();

// Removes padding, which must fill the last group of four if it is there at all.
expected<std::string_view> without_padding(std::string_view text) {
  const std::size_t end = text.find('=');
  if (end == std::string_view::npos)
    return text;
  const auto padding = text.substr(end);
  if (text.size() % 4 != 0 || padding.size() > 2 ||
      padding != std::string_view{"=="}.substr(0, padding.size()))
    return fail(errc::invalid, "base64: wrong padding at position {}", end);
  return text.substr(0, end);
}

} // namespace

std::string base64_encode(std::span<const std::byte> data) {
  std::string text;
  text.reserve((data.size() * 4 + 2) / 3);
  std::uint32_t buffer = 0;
  int bits = 0;
  for (const auto byte : data) {
    buffer = (buffer << 8U) | std::to_integer<std::uint32_t>(byte);
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      text.push_back(base64_alphabet[(buffer >> bits) & 63U]);
    }
  }
  if (bits > 0)
    text.push_back(base64_alphabet[(buffer << (6 - bits)) & 63U]);
  return text;
}

expected<std::vector<std::byte>> base64_decode(std::string_view text) {
  const auto digits = without_padding(text);
  if (!digits)
    return tl::unexpected(digits.error());
  if (digits->size() % 4 == 1)
    return fail(errc::invalid, "base64: no bytes are encoded in {} characters", digits->size());
  std::vector<std::byte> data;
  data.reserve(digits->size() * 3 / 4);
  std::uint32_t buffer = 0;
  int bits = 0;
  for (std::size_t i = 0; i < digits->size(); ++i) {
    const auto c = static_cast<unsigned char>((*digits)[i]);
    if (values[c] == no_value) {
      return fail(errc::invalid,
                  "base64: byte 0x{:02x} at position {} is outside the base64_alphabet", c, i);
    }
    buffer = (buffer << 6U) | values[c];
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      data.push_back(static_cast<std::byte>((buffer >> bits) & 0xFFU));
    }
  }
  if ((buffer & ((1U << bits) - 1U)) != 0)
    return fail(errc::invalid, "base64: the last character has bits set beyond the data");
  return data;
}

} // namespace prism::atproto
