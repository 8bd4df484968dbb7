#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace prism::net {

/// The endpoint of com.atproto.sync.subscribeRepos (event-stream spec, "URL scheme").
inline constexpr std::string_view subscribe_repos_path = "/xrpc/com.atproto.sync.subscribeRepos";

/// A server and a resource on it: what a client needs to connect and to write the request line.
struct endpoint_url {
  /// "http", "https", "ws" or "wss".
  std::string scheme;
  /// The scheme is https or wss.
  bool tls{false};
  /// Name in lower case or numeric address, IPv6 without brackets.
  std::string host;
  /// 1..65535; 80 or 443 if the URL names none.
  std::uint16_t port{0};
  /// Path and query as they appear in the request line.
  std::string target;
};

/// Parses the address of a relay. A URL without a path, or with "/" only, gets
/// `subscribe_repos_path`; any other path and the query are kept.
/// Errors (`errc::invalid`, naming the URL): not a URL, a scheme other than ws or wss, no host,
/// port out of range, user information, fragment.
[[nodiscard]] expected<endpoint_url> parse_ws_url(std::string_view text);

/// Parses an http or https URL and drops its fragment. Errors as of `parse_ws_url`, otherwise.
[[nodiscard]] expected<endpoint_url> parse_http_url(std::string_view text);

/// Resolves a `Location` header, which may be relative to the http URL `base` (RFC 9110, 10.2.2).
/// Errors as of `parse_http_url`, and `errc::invalid` for a redirect from https to http.
[[nodiscard]] expected<endpoint_url> follow_location(const endpoint_url& base,
                                                     std::string_view location);

/// The target with `cursor=N` added to its query; without a cursor, the target itself.
[[nodiscard]] std::string subscribe_target(const endpoint_url& url,
                                           std::optional<std::int64_t> cursor);

/// Value of the Host header; omits the scheme's default port (RFC 9110, 7.2).
[[nodiscard]] std::string host_header(const endpoint_url& url);

/// The URL without its query, for logs.
[[nodiscard]] std::string to_string(const endpoint_url& url);

} // namespace prism::net
