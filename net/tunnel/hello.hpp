#pragma once

#include "core/error.hpp"
#include "net/certificates/role.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace prism::net {

/// The first message of each side of a tunnel, before any byte passes: a head of 10 bytes (8 that
/// name the protocol, and the size of what follows), then at most `hello_limits::max_body` bytes.
/// Numbers are big-endian; a text has its size before it. Whatever later versions say, the head and
/// the two version numbers at the beginning of the body stay as they are, and what follows the
/// known fields is not read, so that any two versions can tell each other that they do not fit.

/// Sizes, in bytes.
struct hello_limits {
  static constexpr std::size_t magic = 8;
  static constexpr std::size_t head = 10;
  static constexpr std::size_t max_body = 1014; // 1 KiB with the head
  static constexpr std::size_t max_text = 200;
  static constexpr std::size_t max_reason = 512;
};

/// The versions of the tunnel that one side speaks, both included.
struct version_range {
  std::uint16_t min{1};
  std::uint16_t max{1};

  friend bool operator==(const version_range&, const version_range&) = default;
};

/// The first bytes of a hello of the tunnel. Links between nodes have another (net/link).
inline constexpr std::string_view tunnel_magic{"PRISMtun"};

/// What this program speaks.
inline constexpr version_range tunnel_versions{.min = 1, .max = 1};

/// The newest version in both; empty if there is none.
[[nodiscard]] std::optional<std::uint16_t> common_version(version_range a,
                                                          version_range b) noexcept;

/// "1", or "1 to 3".
[[nodiscard]] std::string to_string(version_range range);

/// What a client says. Texts of more than `max_text` bytes are cut when written, and malformed when
/// read.
struct client_hello {
  version_range versions{tunnel_versions};
  /// The cluster to which it wants to speak.
  std::string cluster{};
  /// Who says it: a program with its version, or a node. For logs.
  std::string sender{};
};

/// The node's answer. It opens the tunnel, or says why not.
struct server_hello {
  version_range versions{tunnel_versions};
  /// Why the client is refused, as a sentence; printable ASCII when parsed. "" if it is not: else
  /// the fields below mean nothing.
  std::string refusal{};
  /// The version chosen.
  std::uint16_t version{1};
  std::string cluster{};
  /// The node's name, for people.
  std::string node_name{};
  /// Which start of which node this is.
  std::string node_id{};
  /// What the client's certificate allows.
  certificate_role role{certificate_role::viewing};
  /// Names this tunnel to the node's actors: 64 hexadecimal digits from 256 random bits, never used
  /// again.
  std::string token{};
};

[[nodiscard]] std::vector<std::byte> write(const client_hello& hello);
[[nodiscard]] std::vector<std::byte> write(const server_hello& hello);

/// The size of the body that a head announces. Error: `errc::invalid` if it is not the head of such
/// a message, `errc::limit` if the size exceeds the limit. @param head `hello_limits::head` bytes.
/// @param magic the `hello_limits::magic` bytes with which it must begin.
[[nodiscard]] expected<std::size_t> parse_hello_head(std::span<const std::byte> head,
                                                     std::string_view magic = tunnel_magic);

/// Reads a body. Of a range that has no version in common with `tunnel_versions` the rest is not
/// read, and texts are empty. Error: `errc::invalid`.
[[nodiscard]] expected<client_hello> parse_client_hello(std::span<const std::byte> body);
[[nodiscard]] expected<server_hello> parse_server_hello(std::span<const std::byte> body);

} // namespace prism::net
