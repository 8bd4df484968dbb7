#pragma once

#include "core/clock.hpp"
#include "net/grpc/grpc_framing.hpp"
#include "net/grpc/grpc_server.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace prism::net {

/// Why a call is answered without the handler: always as trailers only.
struct grpc_refusal {
  std::string_view http_status; ///< "200", or what a client that speaks no gRPC understands
  grpc_status status{grpc_status::internal};
  std::string text;
};

/// One call on a connection, from its first header to the last byte of the answer. A plain value.
/// Internal to net/.
class grpc_stream {
public:
  enum class phase : std::uint8_t {
    heading,   ///< its headers come
    receiving, ///< its message comes
    ready,     ///< complete; the handler has not got it yet
    running,   ///< with the handler
    answering  ///< the answer, or a refusal, is being sent
  };

  grpc_stream(const grpc_server_options& options, time_point now) noexcept
      : since(now), body_(options.max_message_bytes) {}

  /// Takes a header field; after more than `max_bytes` of them they are no longer looked at.
  void take_header(std::string_view name, std::string_view value, std::size_t max_bytes);

  /// The headers are complete. @returns why this is no request of gRPC, if so.
  [[nodiscard]] std::optional<grpc_refusal> end_headers(const grpc_server_options& options);

  /// The next piece of the body.
  [[nodiscard]] std::optional<grpc_refusal> take_body(std::string_view piece);

  /// The body has ended.
  [[nodiscard]] std::optional<grpc_refusal> end_body();

  /// Gives the request away, without its id.
  [[nodiscard]] grpc_call release() noexcept;

  /// Sets what `part` gives.
  void set_answer(std::string message) noexcept;

  /// Bytes of the framed answer that are left.
  [[nodiscard]] std::size_t left() const noexcept;

  /// Appends the next `count` bytes of the framed answer, of those left.
  void append_part(std::string& out, std::size_t count);

  /// Bytes of headers that have come, in HTTP/2's way of counting (RFC 9113, 6.5.2).
  [[nodiscard]] std::size_t header_bytes() const noexcept { return header_bytes_; }

  phase now_in{phase::heading};
  time_point since;                     ///< begin; of an answer: its last progress
  std::optional<time_point> deadline{}; ///< of the header grpc-timeout, from the begin
  bool is_given{false};                 ///< to the handler
  bool remote_open{true};               ///< the client may still send
  std::size_t held{0};                  ///< bytes of message and answer, as the connection counts

private:
  [[nodiscard]] std::optional<grpc_refusal> refusal_for(grpc_message_reader::fault fault) const;

  bool is_post_{false};
  bool is_grpc_{false};
  bool is_encoded_{false};
  bool bad_timeout_{false};
  std::size_t header_bytes_{0};
  std::string path_;
  grpc_message_reader body_;
  std::array<char, grpc_prefix_bytes> prefix_{};
  std::string answer_;
  std::size_t sent_{0};
};

} // namespace prism::net
