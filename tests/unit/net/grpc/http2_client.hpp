#pragma once

#include "net/grpc/http2.hpp"
#include "raw_http2.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prism::net::test {

/// A request as a client may send it; the defaults are right.
struct request {
  std::string path{"/t/Echo"};
  std::string body{framed("hello")};
  std::vector<std::pair<std::string, std::string>> headers{
      {"content-type", "application/grpc+proto"}, {"te", "trailers"}};
  std::string method{"POST"};
  bool complete{true}; ///< else its body goes on for ever

  [[nodiscard]] static std::string framed(std::string_view message, char flag = '\0') {
    return raw_message(message, flag);
  }
  [[nodiscard]] static request of(std::string path, std::string_view message = "") {
    request out;
    out.path = std::move(path);
    out.body = framed(message);
    return out;
  }
};

/// What came back for a request.
struct response {
  std::map<std::string, std::string> headers;
  std::map<std::string, std::string> trailers;
  std::string body;
  bool ended{false};                  ///< END_STREAM
  std::optional<std::uint32_t> reset; ///< code of the server's RST_STREAM
  bool closed{false};

  [[nodiscard]] std::string message() const {
    return body.size() < grpc_prefix_bytes ? "none" : body.substr(grpc_prefix_bytes);
  }
  /// Of the trailers, or of an answer of trailers only.
  [[nodiscard]] std::string status() const { return field("grpc-status"); }
  [[nodiscard]] std::string text() const { return field("grpc-message"); }

private:
  [[nodiscard]] std::string field(const std::string& name) const {
    const auto trailer = trailers.find(name);
    const auto header = headers.find(name);
    return trailer != trailers.end() ? trailer->second
           : header != headers.end() ? header->second
                                     : "none";
  }
};

/// A client's side of HTTP/2 without a socket.
class http2_client {
public:
  struct settings {
    std::uint32_t window{65'535};
    bool gives_window{true}; ///< as it reads; else never
  };

  http2_client() : http2_client(settings{}) {}
  explicit http2_client(settings chosen) {
    nghttp2_session_callbacks* made = nullptr;
    REQUIRE(nghttp2_session_callbacks_new(&made) == 0);
    const http2_callbacks callbacks{made};
    set(made);
    nghttp2_option* option = nullptr;
    REQUIRE(nghttp2_option_new(&option) == 0);
    const http2_option kept{option};
    nghttp2_option_set_no_auto_window_update(option, chosen.gives_window ? 0 : 1);
    nghttp2_session* session = nullptr;
    REQUIRE(nghttp2_session_client_new2(&session, made, this, option) == 0);
    it.reset(session);
    const nghttp2_settings_entry window{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, chosen.window};
    REQUIRE(nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, &window, 1) == 0);
  }
  http2_client(const http2_client&) = delete;
  http2_client& operator=(const http2_client&) = delete;

  std::int32_t send(const request& what) {
    std::vector<nghttp2_nv> fields{http2_field(":method", what.method),
                                   http2_field(":scheme", "http"), http2_field(":path", what.path),
                                   http2_field(":authority", "test")};
    for (const auto& [name, value] : what.headers)
      fields.push_back(http2_field(name, value));
    auto& body = *bodies_.emplace_back(std::make_unique<sent_body>());
    body.rest = what.body;
    body.complete = what.complete;
    nghttp2_data_provider provider{};
    provider.source.ptr = &body;
    provider.read_callback = read_body;
    const auto stream =
        nghttp2_submit_request(it.get(), nullptr, fields.data(), fields.size(), &provider, nullptr);
    REQUIRE(stream > 0);
    responses[stream];
    return stream;
  }

  void reset(std::int32_t stream) {
    REQUIRE(nghttp2_submit_rst_stream(it.get(), NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL) == 0);
  }

  /// All bytes that are to be sent.
  [[nodiscard]] std::string collect() {
    std::string out;
    const std::uint8_t* data = nullptr;
    while (true) {
      const auto size = nghttp2_session_mem_send(it.get(), &data);
      REQUIRE(size >= 0);
      if (size == 0)
        return out;
      out.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    }
  }

  void receive(std::string_view bytes) {
    const auto taken = nghttp2_session_mem_recv(
        it.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    REQUIRE(taken == static_cast<ssize_t>(bytes.size()));
  }

  http2_session it;
  std::map<std::int32_t, response> responses;
  std::vector<std::pair<std::int32_t, std::uint32_t>> goaways; ///< last stream, code
  std::size_t pings{0}; ///< of the server, answered by libnghttp2

private:
  struct sent_body {
    std::string rest;
    bool complete{true};
  };

  static http2_client& self(void* data) { return *static_cast<http2_client*>(data); }

  static ssize_t read_body(nghttp2_session*, std::int32_t, std::uint8_t* out, std::size_t room,
                           std::uint32_t* flags, nghttp2_data_source* source, void*) {
    auto& body = *static_cast<sent_body*>(source->ptr);
    const auto size = std::min(room, body.rest.size());
    if (size == 0 && !body.complete)
      return NGHTTP2_ERR_DEFERRED;
    std::copy_n(body.rest.data(), size, reinterpret_cast<char*>(out));
    body.rest.erase(0, size);
    if (body.rest.empty() && body.complete)
      *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
  }

  static void set(nghttp2_session_callbacks* callbacks) {
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                      std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                      std::uint8_t, void* data) {
          auto& response = self(data).responses[frame->hd.stream_id];
          auto& into =
              frame->headers.cat == NGHTTP2_HCAT_RESPONSE ? response.headers : response.trailers;
          into[{reinterpret_cast<const char*>(name), name_size}] = {
              reinterpret_cast<const char*>(value), value_size};
          return 0;
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks, [](nghttp2_session*, std::uint8_t, std::int32_t stream,
                      const std::uint8_t* bytes, std::size_t size, void* data) {
          self(data).responses[stream].body.append(reinterpret_cast<const char*>(bytes), size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_frame_recv_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* data) {
          self(data).take(*frame);
          return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(
        callbacks, [](nghttp2_session*, std::int32_t stream, std::uint32_t, void* data) {
          self(data).responses[stream].closed = true;
          return 0;
        });
  }

  void take(const nghttp2_frame& frame) {
    if (frame.hd.type == NGHTTP2_GOAWAY)
      goaways.emplace_back(frame.goaway.last_stream_id, frame.goaway.error_code);
    if (frame.hd.type == NGHTTP2_RST_STREAM)
      responses[frame.hd.stream_id].reset = frame.rst_stream.error_code;
    if (frame.hd.type == NGHTTP2_PING && (frame.hd.flags & NGHTTP2_FLAG_ACK) == 0)
      ++pings;
    if ((frame.hd.type == NGHTTP2_HEADERS || frame.hd.type == NGHTTP2_DATA) &&
        (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
      responses[frame.hd.stream_id].ended = true;
  }

  std::vector<std::unique_ptr<sent_body>> bodies_;
};

} // namespace prism::net::test
