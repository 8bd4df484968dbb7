#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace prism::net {

/// Reads the header grpc-timeout: one to eight digits and a unit of "HMSmun". More than a year
/// counts as a year. Empty if malformed.
[[nodiscard]] std::optional<std::chrono::nanoseconds> parse_grpc_timeout(std::string_view text);

/// Whether a body of this content-type holds protobuf messages in gRPC frames: "application/grpc"
/// or "application/grpc+proto", with parameters or without.
[[nodiscard]] bool is_grpc_content_type(std::string_view text);

/// A text for the trailer grpc-message: percent-encoded, and cut after `max_grpc_text` bytes.
[[nodiscard]] std::string encode_grpc_text(std::string_view text);

/// Of the text before it is encoded.
inline constexpr std::size_t max_grpc_text = 1'000;

} // namespace prism::net
