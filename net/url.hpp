#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace prism::net {

/// The endpoint of com.atproto.sync.subscribeRepos (event-stream spec, "URL scheme").
inline constexpr std::string_view subscribe_repos_path = "/xrpc/com.atproto.sync.subscribeRepos";

/// A ws:// or wss:// address taken apart.
struct ws_url {
  bool tls{false};
  /// Name or numeric address, IPv6 without its brackets.
  std::string host;
  /// 80 or 443 when the URL names none.
  std::uint16_t port{0};
  /// Path and query as they go into the request line.
  std::string target;
};

/// Reads the address of a relay. A URL without path, or with "/" only, gets
/// `subscribe_repos_path`; any other path and the query are kept as they are.
/// Errors (`errc::invalid`, naming the URL): not a URL, other scheme, no host, bad port, user
/// information, fragment.
[[nodiscard]] expected<ws_url> parse_ws_url(std::string_view text);

/// The target with `cursor=N` added to its query; without a cursor, the target itself.
[[nodiscard]] std::string subscribe_target(const ws_url& url, std::optional<std::int64_t> cursor);

/// The value of the Host header: the port is left out where it is the scheme's own (RFC 9110, 7.2).
[[nodiscard]] std::string host_header(const ws_url& url);

} // namespace prism::net
