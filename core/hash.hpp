#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>

namespace prism {

/// Hash of text that lets a container with `std::string` keys be searched by `std::string_view`
/// without making a string first.
struct string_hash {
  using is_transparent = void;

  [[nodiscard]] std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>{}(text);
  }
};

/// The hash our own containers use unless told otherwise: `string_hash` for strings.
template <class Key>
using default_hash =
    std::conditional_t<std::is_same_v<Key, std::string>, string_hash, std::hash<Key>>;

} // namespace prism
