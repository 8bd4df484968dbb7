#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <string>

namespace prism::net {

/// Writes the port of a server atomically: a reader sees the whole number or no file. Error:
/// `errc::io` naming the file.
[[nodiscard]] expected<void> write_port_file(const std::string& path, std::uint16_t port);

} // namespace prism::net
