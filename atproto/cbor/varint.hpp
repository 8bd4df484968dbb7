#pragma once

#include "core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace prism::atproto {

/// Reads the unsigned LEB128 number at `offset` and moves `offset` past it. As the multiformats
/// define it: at most 9 bytes (63 bits), and none more than needed.
/// @returns `errc::invalid` if it is truncated, too long or not minimal; `offset` is then
/// unchanged.
[[nodiscard]] expected<std::uint64_t> read_varint(std::span<const std::byte> input,
                                                  std::size_t& offset);

/// The same, but a number may have more bytes than it needs.
[[nodiscard]] expected<std::uint64_t> read_long_varint(std::span<const std::byte> input,
                                                       std::size_t& offset);

} // namespace prism::atproto
