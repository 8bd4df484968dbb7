#pragma once

#include "net/grpc/grpc_connection.hpp"

#include <exception>

namespace prism::net {

/// Calls that end by RST_STREAM: a client gives calls up in bursts; a burst of this size costs it
/// nothing, and after it so many a second (CVE-2023-44487).
inline constexpr unsigned reset_burst = 2'000;
inline constexpr unsigned resets_per_second = 500;

/// The functions that libnghttp2 calls. An exception ends the connection. Internal to net/.
struct grpc_connection::callbacks {
  /// The same for all connections.
  [[nodiscard]] static const nghttp2_session_callbacks* table();
  [[nodiscard]] static const nghttp2_option* option();

  static int begin_frame(nghttp2_session* http2, const nghttp2_frame_hd* head, void* self) noexcept;
  static int begin_headers(nghttp2_session* http2, const nghttp2_frame* frame, void* self) noexcept;
  static int header(nghttp2_session* http2, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                    std::uint8_t flags, void* self) noexcept;
  static int data_chunk(nghttp2_session* http2, std::uint8_t flags, std::int32_t stream,
                        const std::uint8_t* data, std::size_t size, void* self) noexcept;
  static int frame_received(nghttp2_session* http2, const nghttp2_frame* frame,
                            void* self) noexcept;
  static int frame_sent(nghttp2_session* http2, const nghttp2_frame* frame, void* self) noexcept;
  static int stream_closed(nghttp2_session* http2, std::int32_t stream, std::uint32_t code,
                           void* self) noexcept;
  static ssize_t read_answer(nghttp2_session* http2, std::int32_t stream, std::uint8_t* out,
                             std::size_t room, std::uint32_t* flags, nghttp2_data_source* source,
                             void* self) noexcept;
  static int send_data(nghttp2_session* http2, nghttp2_frame* frame, const std::uint8_t* head,
                       std::size_t size, nghttp2_data_source* source, void* self) noexcept;

private:
  // For what is received: nothing more is, once the connection has failed.
  template <class Work>
  static int receiving(void* self, Work work) noexcept {
    const auto code = guarded(self, work);
    return static_cast<grpc_connection*>(self)->failed() ? NGHTTP2_ERR_CALLBACK_FAILURE : code;
  }

  template <class Work>
  static int guarded(void* self, Work work) noexcept {
    try {
      work(*static_cast<grpc_connection*>(self));
      return 0;
    } catch (const std::exception&) {
      return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
  }
};

} // namespace prism::net
