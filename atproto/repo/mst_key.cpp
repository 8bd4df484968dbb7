#include "atproto/repo/mst_key.hpp"

#include "atproto/crypto/sha256.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace prism::atproto {
namespace {

constexpr bool is_path_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_' || c == ':' || c == '~';
}

} // namespace

unsigned mst_key_height(std::string_view key) noexcept {
  unsigned zeros = 0;
  for (const auto byte : sha256(std::as_bytes(std::span{key}))) {
    const auto value = std::to_integer<std::uint8_t>(byte);
    zeros += static_cast<unsigned>(std::countl_zero(value));
    if (value != 0)
      break;
  }
  return zeros / 2;
}

std::size_t common_prefix(std::string_view a, std::string_view b) noexcept {
  const auto difference = std::ranges::mismatch(a, b);
  return static_cast<std::size_t>(difference.in1 - a.begin());
}

bool is_mst_key(std::string_view key) noexcept {
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == key.size() ||
      key.size() > max_mst_key)
    return false;
  return std::ranges::all_of(key.substr(0, slash), is_path_character) &&
         std::ranges::all_of(key.substr(slash + 1), is_path_character);
}

} // namespace prism::atproto
