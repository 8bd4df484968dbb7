#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>

namespace prism {

/// Hash of text that lets a container with `std::string` keys be searched by `std::string_view`
/// without constructing a string.
struct string_hash {
  using is_transparent = void;

  [[nodiscard]] std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>{}(text);
  }
};

/// The default hash of our own containers: `string_hash` for strings.
template <class Key>
using default_hash =
    std::conditional_t<std::is_same_v<Key, std::string>, string_hash, std::hash<Key>>;

/// FNV-1a, 64 bits. Unlike `std::hash`, its values are the same for every library and version.
inline constexpr std::uint64_t fnv1a_basis = 14695981039346656037ULL;

/// Continues `hash` with one more value, usually a byte.
[[nodiscard]] constexpr std::uint64_t fnv1a(std::uint64_t hash, std::uint64_t value) noexcept {
  return (hash ^ value) * 1099511628211ULL;
}

[[nodiscard]] constexpr std::uint64_t fnv1a(std::string_view text) noexcept {
  std::uint64_t hash = fnv1a_basis;
  for (const char c : text)
    hash = fnv1a(hash, static_cast<unsigned char>(c));
  return hash;
}

} // namespace prism
