#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace prism::config {

// Checks of option values, pure. They are cheap and incomplete: the module that uses a value parses
// it in full, but a typing error should be reported before anything is started.

/// Whether `text` is not empty.
[[nodiscard]] constexpr bool is_not_empty(std::string_view text) noexcept {
  return !text.empty();
}

/// Parses an unsigned decimal number; nothing for signs, spaces, trailing text or overflow.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text) noexcept;

/// ws:// or wss://, and something after it without white space.
[[nodiscard]] bool is_websocket_url(std::string_view text) noexcept;

/// http:// or https://, and something after it without white space.
[[nodiscard]] bool is_http_url(std::string_view text) noexcept;
[[nodiscard]] bool is_http_url_or_empty(std::string_view text) noexcept;

/// What `parse_crash_point` accepts.
[[nodiscard]] bool is_crash_point(std::string_view text) noexcept;

/// Up to 100 bytes without control characters.
[[nodiscard]] bool is_short_text(std::string_view text) noexcept;

/// ADDRESS:PORT, or empty.
[[nodiscard]] bool is_listen_address(std::string_view text) noexcept;

} // namespace prism::config
