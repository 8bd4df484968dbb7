#include "atproto/syntax/tid.hpp"

#include <array>
#include <optional>

namespace prism::atproto {
namespace {

constexpr std::string_view alphabet = "234567abcdefghijklmnopqrstuvwxyz";

constexpr std::uint8_t no_digit = 0xFF;

constexpr auto digit_values = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(no_digit);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}();

std::optional<std::uint64_t> decode(std::string_view text) noexcept {
  if (text.size() != tid::text_size)
    return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::uint64_t digit = digit_values[static_cast<unsigned char>(text[i])];
    // 13 digits hold 65 bits, so the first may carry only 4.
    if (digit == no_digit || (i == 0 && digit >= 16))
      return std::nullopt;
    value = value << 5U | digit;
  }
  return value;
}

} // namespace

expected<tid> tid::parse(std::string_view text) {
  const auto value = decode(text);
  if (!value)
    return fail(errc::invalid, "tid: must be 13 characters of 2-7a-z, the first 2-7a-j");
  return tid{*value};
}

std::string tid::to_string() const {
  std::string text(text_size, alphabet.front());
  auto rest = value_;
  for (auto it = text.rbegin(); it != text.rend(); ++it, rest >>= 5U)
    *it = alphabet[rest & 0x1FU];
  return text;
}

bool is_valid_tid(std::string_view text) noexcept {
  return decode(text).has_value();
}

} // namespace prism::atproto
