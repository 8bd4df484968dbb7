#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace prism::atproto {

/// Decodes base58 in Bitcoin's alphabet, which multibase `z` uses for keys. Quadratic in the size
/// of `out`, so that must be small; the length of `text` does not matter.
/// @returns the bytes written at the front of `out`, or `nullopt` if a character is not in the
/// alphabet or the value does not fit.
[[nodiscard]] std::optional<std::size_t> base58_decode(std::string_view text,
                                                       std::span<std::byte> out) noexcept;

/// The one text which `base58_decode` turns into `data`. Quadratic in the size of `data`.
[[nodiscard]] std::string base58_encode(std::span<const std::byte> data);

} // namespace prism::atproto
