#include "atproto/text/base58.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace prism::atproto {
namespace {

constexpr std::string_view base58_alphabet =
    "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

} // namespace

std::optional<std::size_t> base58_decode(std::string_view text, std::span<std::byte> out) noexcept {
  const auto zeros = std::min(text.find_first_not_of(base58_alphabet.front()), text.size());
  if (zeros > out.size())
    return std::nullopt;
  // The value is kept in little-endian order while it grows, behind the room for the zeros.
  const auto value = out.subspan(zeros);
  std::size_t used = 0;
  for (const char c : text.substr(zeros)) {
    const auto digit = base58_alphabet.find(c);
    if (digit == std::string_view::npos)
      return std::nullopt;
    auto carry = static_cast<std::uint32_t>(digit);
    for (auto& byte : value.first(used)) {
      carry += std::to_integer<std::uint32_t>(byte) * 58U;
      byte = static_cast<std::byte>(carry & 0xFFU);
      carry >>= 8U;
    }
    if (carry != 0) {
      if (used == value.size())
        return std::nullopt;
      value[used++] = static_cast<std::byte>(carry);
    }
  }
  std::ranges::reverse(value.first(used));
  std::ranges::fill(out.first(zeros), std::byte{0});
  return zeros + used;
}

std::string base58_encode(std::span<const std::byte> data) {
  const auto first = std::ranges::find_if(data, [](std::byte b) { return b != std::byte{0}; });
  const auto zeros = static_cast<std::size_t>(first - data.begin());
  std::vector<std::uint32_t> digits; // little-endian
  for (const auto byte : data.subspan(zeros)) {
    auto carry = std::to_integer<std::uint32_t>(byte);
    for (auto& digit : digits) {
      carry += digit << 8U;
      digit = carry % 58U;
      carry /= 58U;
    }
    for (; carry != 0; carry /= 58U)
      digits.push_back(carry % 58U);
  }
  std::string text(zeros, base58_alphabet.front());
  std::for_each(digits.rbegin(), digits.rend(),
                [&text](std::uint32_t digit) { text += base58_alphabet[digit]; });
  return text;
}

} // namespace prism::atproto
