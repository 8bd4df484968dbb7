#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace prism::net {

/// Bytes before a message: a flag (1: compressed) and the length, big-endian (gRPC over HTTP/2,
/// "Length-Prefixed-Message").
inline constexpr std::size_t grpc_prefix_bytes = 5;

/// The prefix of an uncompressed message.
[[nodiscard]] std::array<char, grpc_prefix_bytes> grpc_prefix(std::uint32_t message_bytes) noexcept;

/// Takes the one message of a unary request out of its body, which comes in pieces. Holds never
/// more than the bytes that have come, rounded up by at most the same again. A plain value.
class grpc_message_reader {
public:
  enum class fault : std::uint8_t {
    none,
    too_large,      ///< the message is longer than it may be
    compressed,     ///< its flag says so
    second_message, ///< something follows the message
    no_message,     ///< the body has ended without one
    truncated       ///< the body has ended within the message
  };

  /// @param max_bytes of the message
  explicit grpc_message_reader(std::size_t max_bytes) noexcept : max_bytes_(max_bytes) {}

  /// The next piece of the body. After a fault the reader must not be used.
  [[nodiscard]] fault take(std::string_view piece);

  /// The body has ended.
  [[nodiscard]] fault end() const noexcept;

  /// Bytes of the message that have come.
  [[nodiscard]] std::size_t size() const noexcept { return message_.size(); }

  /// Gives the message away.
  [[nodiscard]] std::string release() noexcept { return std::move(message_); }

private:
  [[nodiscard]] std::size_t length() const noexcept;

  std::size_t max_bytes_;
  std::array<unsigned char, grpc_prefix_bytes> prefix_{};
  std::size_t prefix_size_{0};
  std::string message_;
};

} // namespace prism::net
