#include "net/grpc/grpc_callbacks.hpp"

#include <new>

namespace prism::net {

namespace {

constexpr std::size_t max_waiting_acknowledgements = 1'000;

[[nodiscard]] std::string_view text(const std::uint8_t* data, std::size_t size) noexcept {
  return {reinterpret_cast<const char*>(data), size};
}

[[nodiscard]] http2_option make_option() {
  nghttp2_option* made = nullptr;
  if (nghttp2_option_new(&made) != 0)
    throw std::bad_alloc();
  nghttp2_option_set_max_outbound_ack(made, max_waiting_acknowledgements);
  nghttp2_option_set_stream_reset_rate_limit(made, reset_burst, resets_per_second);
  nghttp2_option_set_no_closed_streams(made, 1);
  return http2_option{made};
}

} // namespace

const nghttp2_option* grpc_connection::callbacks::option() {
  static const auto shared = make_option();
  return shared.get();
}

const nghttp2_session_callbacks* grpc_connection::callbacks::table() {
  static const auto shared = [] {
    nghttp2_session_callbacks* made = nullptr;
    if (nghttp2_session_callbacks_new(&made) != 0)
      throw std::bad_alloc();
    nghttp2_session_callbacks_set_on_begin_frame_callback(made, begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(made, begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(made, header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, data_chunk);
    nghttp2_session_callbacks_set_on_frame_recv_callback(made, frame_received);
    nghttp2_session_callbacks_set_on_frame_send_callback(made, frame_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(made, stream_closed);
    nghttp2_session_callbacks_set_send_data_callback(made, send_data);
    return http2_callbacks{made};
  }();
  return shared.get();
}

int grpc_connection::callbacks::begin_frame(nghttp2_session* /*http2*/,
                                            const nghttp2_frame_hd* head, void* self) noexcept {
  // Some clients end each request with an empty DATA: those are as many as the calls.
  const bool is_empty_data = head->type == NGHTTP2_DATA && head->length == 0 &&
                             (head->flags & NGHTTP2_FLAG_END_STREAM) == 0;
  const bool is_control = head->type == NGHTTP2_PING || head->type == NGHTTP2_SETTINGS ||
                          head->type == NGHTTP2_PRIORITY || is_empty_data;
  auto& connection = *static_cast<grpc_connection*>(self);
  return is_control && !connection.allow_control_frame() ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

int grpc_connection::callbacks::begin_headers(nghttp2_session* /*http2*/,
                                              const nghttp2_frame* frame, void* self) noexcept {
  return receiving(self, [&](grpc_connection& it) {
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST)
      it.begin_stream(frame->hd.stream_id);
  });
}

int grpc_connection::callbacks::header(nghttp2_session* /*http2*/, const nghttp2_frame* frame,
                                       const std::uint8_t* name, std::size_t name_size,
                                       const std::uint8_t* value, std::size_t value_size,
                                       std::uint8_t /*flags*/, void* self) noexcept {
  return receiving(self, [&](grpc_connection& it) {
    it.take_header(frame->hd.stream_id, text(name, name_size), text(value, value_size));
  });
}

int grpc_connection::callbacks::data_chunk(nghttp2_session* /*http2*/, std::uint8_t /*flags*/,
                                           std::int32_t stream, const std::uint8_t* data,
                                           std::size_t size, void* self) noexcept {
  return receiving(self, [&](grpc_connection& it) { it.take_body(stream, text(data, size)); });
}

int grpc_connection::callbacks::frame_received(nghttp2_session* /*http2*/,
                                               const nghttp2_frame* frame, void* self) noexcept {
  return receiving(self, [&](grpc_connection& it) { it.take_frame(*frame); });
}

int grpc_connection::callbacks::frame_sent(nghttp2_session* /*http2*/, const nghttp2_frame* frame,
                                           void* self) noexcept {
  return guarded(self, [&](grpc_connection& it) { it.sent_frame(*frame); });
}

int grpc_connection::callbacks::stream_closed(nghttp2_session* /*http2*/, std::int32_t stream,
                                              std::uint32_t /*code*/, void* self) noexcept {
  return guarded(self, [&](grpc_connection& it) { it.close_stream(stream); });
}

ssize_t grpc_connection::callbacks::read_answer(nghttp2_session* /*http2*/, std::int32_t stream,
                                                std::uint8_t* /*out*/, std::size_t room,
                                                std::uint32_t* flags,
                                                nghttp2_data_source* /*source*/,
                                                void* self) noexcept {
  return static_cast<grpc_connection*>(self)->offer(stream, room, *flags);
}

int grpc_connection::callbacks::send_data(nghttp2_session* /*http2*/, nghttp2_frame* frame,
                                          const std::uint8_t* head, std::size_t size,
                                          nghttp2_data_source* /*source*/, void* self) noexcept {
  return guarded(self, [&](grpc_connection& it) { it.append_data(*frame, head, size); });
}

} // namespace prism::net
