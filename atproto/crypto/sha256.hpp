#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace prism::atproto {

/// A SHA-256 digest.
using sha256_digest = std::array<std::byte, 32>;

/// The SHA-256 digest of `data`, by OpenSSL. Safe from any thread; allocates only at the first call
/// of each thread. Aborts the process if OpenSSL offers no SHA-256, because no CID could then be
/// checked.
[[nodiscard]] sha256_digest sha256(std::span<const std::byte> data) noexcept;

} // namespace prism::atproto
