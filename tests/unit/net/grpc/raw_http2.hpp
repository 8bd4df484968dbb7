#pragma once

#include "net/grpc/grpc_framing.hpp"

#include <cstdint>
#include <nghttp2/nghttp2.h>
#include <string>
#include <string_view>

// Bytes of HTTP/2 as any client may send them.
namespace prism::net::test {

/// A message of gRPC in its frame.
[[nodiscard]] inline std::string raw_message(std::string_view message, char flag = '\0') {
  const auto prefix = grpc_prefix(static_cast<std::uint32_t>(message.size()));
  std::string out(prefix.begin(), prefix.end());
  out[0] = flag;
  return out.append(message);
}

inline constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Bytes of a frame.
[[nodiscard]] inline std::string raw_frame(std::uint8_t type, std::uint8_t flags,
                                           std::uint32_t stream, std::string_view payload = "") {
  const auto byte = [](std::size_t value) { return static_cast<char>(value & 0xffU); };
  const auto size = payload.size();
  std::string out{byte(size >> 16U),   byte(size >> 8U),   byte(size),
                  byte(type),          byte(flags),        byte(stream >> 24U),
                  byte(stream >> 16U), byte(stream >> 8U), byte(stream)};
  return out.append(payload);
}

/// The preface and empty SETTINGS.
[[nodiscard]] inline std::string raw_greeting() {
  return std::string{preface} + raw_frame(NGHTTP2_SETTINGS, 0, 0);
}

/// A header field without compression (RFC 7541, 6.2.2). Both sides at most 126 bytes.
[[nodiscard]] inline std::string raw_field(std::string_view name, std::string_view value) {
  std::string out(1, '\0');
  out.push_back(static_cast<char>(name.size()));
  out.append(name).push_back(static_cast<char>(value.size()));
  return out.append(value);
}

/// The header block of a right request.
[[nodiscard]] inline std::string raw_request_block(std::string_view path = "/t/Hold") {
  return raw_field(":method", "POST") + raw_field(":scheme", "http") + raw_field(":path", path) +
         raw_field(":authority", "test") + raw_field("content-type", "application/grpc") +
         raw_field("te", "trailers");
}

} // namespace prism::net::test
