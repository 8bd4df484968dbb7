#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace prism::config {

/// A string literal as template argument.
template <std::size_t N>
struct literal {
  char text[N]{};
  // NOLINTNEXTLINE(google-explicit-constructor): made from the literal where it is written
  constexpr literal(const char (&source)[N]) noexcept { std::copy_n(source, N, text); }
  [[nodiscard]] constexpr std::string_view view() const noexcept { return {text, N - 1}; }
};

/// Whether `text` is one of the given words.
template <literal... Words>
[[nodiscard]] constexpr bool is_one_of(std::string_view text) noexcept {
  return ((text == Words.view()) || ...);
}

/// Whether there is any text.
[[nodiscard]] constexpr bool is_not_empty(std::string_view text) noexcept {
  return !text.empty();
}

/// A decimal number without sign, spaces or leftovers, that fits.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text) noexcept;

/// First, cheap looks at texts that other modules take apart for good when they use them: they are
/// here so that a typing error is found before anything is started.
[[nodiscard]] bool is_websocket_url(std::string_view text) noexcept;
[[nodiscard]] bool is_http_url(std::string_view text) noexcept;
[[nodiscard]] bool is_http_url_or_empty(std::string_view text) noexcept;
[[nodiscard]] bool is_crash_point(std::string_view text) noexcept;
/// ADDRESS:PORT, or nothing.
[[nodiscard]] bool is_listen_address(std::string_view text) noexcept;

} // namespace prism::config
