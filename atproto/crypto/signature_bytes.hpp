#pragma once

#include <cstddef>
#include <span>

/// Bytes in the form that libsecp256k1 and OpenSSL take.
namespace prism::atproto::detail {

[[nodiscard]] inline const unsigned char* c_bytes(std::span<const std::byte> data) noexcept {
  return reinterpret_cast<const unsigned char*>(data.data());
}

[[nodiscard]] inline unsigned char* c_buffer(std::span<std::byte> data) noexcept {
  return reinterpret_cast<unsigned char*>(data.data());
}

} // namespace prism::atproto::detail
