#pragma once

#include "core/error.hpp"
#include "net/link/links.hpp"
#include "net/tunnel/hello.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace prism::net {

/// The first message of each side of a link, in the form of the tunnel's hello
/// (net/tunnel/hello.hpp) with another beginning. The versions are those of the cluster's protocol.
inline constexpr std::string_view link_magic{"PRISMlnk"};

/// What the node says that dials.
struct link_hello {
  version_range versions{};
  std::string cluster{};
  /// Its UUID and its name.
  std::string from{};
  std::string name{};
  /// The UUID of the node that it wants to reach.
  std::string to{};
};

/// The answer: the link is open, or why not.
struct link_answer {
  version_range versions{};
  /// "" if the link is open; else a sentence, printable ASCII when parsed.
  std::string refusal{};
  /// Of a refusal: `refused`, `redundant` or `unknown_peer`; another is read as `refused`.
  link_end reason{link_end::refused};
  /// The version chosen.
  std::uint16_t version{0};
  std::string cluster{};
  /// UUID and name of the node that answers.
  std::string from{};
  std::string name{};
};

[[nodiscard]] std::vector<std::byte> write(const link_hello& hello);
[[nodiscard]] std::vector<std::byte> write(const link_answer& answer);

/// Reads a body. Of a range that has no version in common with `ours` the rest is not read, and
/// texts are empty. Error: `errc::invalid`.
[[nodiscard]] expected<link_hello> parse_link_hello(std::span<const std::byte> body,
                                                    version_range ours);
[[nodiscard]] expected<link_answer> parse_link_answer(std::span<const std::byte> body);

} // namespace prism::net
