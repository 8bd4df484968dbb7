#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace prism::net {

/// An http:// or https:// address taken apart.
struct http_url {
  bool tls{false};
  /// Name in lower case, or numeric address, IPv6 without its brackets.
  std::string host;
  /// 80 or 443 when the URL names none.
  std::uint16_t port{0};
  /// Path and query as they go into the request line.
  std::string target;
};

/// Errors (`errc::invalid`, naming the URL): not a URL, other scheme, no host, bad port, user
/// information. A fragment is left out.
[[nodiscard]] expected<http_url> parse_http_url(std::string_view text);

/// Where a `Location` leads (RFC 9110, 10.2.2), which may be relative to `base`.
/// Errors as of `parse_http_url`, and one for a step from https down to http.
[[nodiscard]] expected<http_url> follow_location(const http_url& base, std::string_view location);

/// The value of the Host header: the port is left out where it is the scheme's own (RFC 9110, 7.2).
[[nodiscard]] std::string host_header(const http_url& url);

/// Without its query: for logs.
[[nodiscard]] std::string to_string(const http_url& url);

} // namespace prism::net
