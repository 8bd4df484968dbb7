#include "bench/rpc/rpc_connection.hpp"

#include "core/errno_text.hpp"

#include <array>
#include <charconv>
#include <cstring>
#include <map>
#include <memory>
#include <netdb.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <sys/socket.h>
#include <unistd.h>

namespace prism::bench {

namespace {

using clock = std::chrono::steady_clock;

struct open_call {
  std::size_t method{0};
  std::string body;
  std::size_t sent{0};
  clock::time_point began{};
  int status{-1};
};

class rpc_connection {
public:
  rpc_connection(std::size_t in_flight, call_source& source)
      : in_flight_(in_flight), source_(source) {}
  rpc_connection(const rpc_connection&) = delete;
  rpc_connection& operator=(const rpc_connection&) = delete;
  ~rpc_connection() {
    if (session_ != nullptr)
      nghttp2_session_del(session_);
    if (socket_ >= 0)
      ::close(socket_);
  }

  [[nodiscard]] expected<void> connect(const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    authority_ = fmt::format("{}:{}", host, port);
    if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0)
      return fail(errc::io, "{} has no address", host);
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> kept(found, &freeaddrinfo);
    socket_ = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket_ < 0 || ::connect(socket_, found->ai_addr, found->ai_addrlen) != 0)
      return fail(errc::io, "cannot connect to {}: {}", authority_, errno_text());
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return start_session();
  }

  [[nodiscard]] expected<void> run() {
    for (std::size_t i = 0; i < in_flight_; ++i)
      submit_next();
    while (!calls_.empty()) {
      if (auto sent = send_all(); !sent)
        return sent;
      std::array<std::uint8_t, 65'536> buffer{};
      const auto got = ::recv(socket_, buffer.data(), buffer.size(), 0);
      if (got <= 0)
        return fail(errc::io, "the connection ended with {} calls open", calls_.size());
      const auto read =
          nghttp2_session_mem_recv(session_, buffer.data(), static_cast<std::size_t>(got));
      if (read < 0)
        return fail(errc::io, "HTTP/2: {}", nghttp2_strerror(static_cast<int>(read)));
    }
    return {};
  }

  [[nodiscard]] std::vector<call_result> take_results() {
    for (const auto& [stream, call] : calls_)
      results_.push_back({call->method, clock::now() - call->began, -1});
    return std::move(results_);
  }

private:
  [[nodiscard]] expected<void> start_session() {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                      std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                      std::uint8_t, void* self) {
          static_cast<rpc_connection*>(self)->on_header(
              frame->hd.stream_id, {reinterpret_cast<const char*>(name), name_size},
              {reinterpret_cast<const char*>(value), value_size});
          return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(
        callbacks, [](nghttp2_session*, std::int32_t stream, std::uint32_t, void* self) {
          static_cast<rpc_connection*>(self)->on_close(stream);
          return 0;
        });
    nghttp2_session_client_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    const std::array settings{
        nghttp2_settings_entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1U << 20U},
        nghttp2_settings_entry{NGHTTP2_SETTINGS_ENABLE_PUSH, 0}};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, 16 << 20);
    return {};
  }

  void submit_next() {
    const auto* next = source_.next();
    if (next == nullptr)
      return;
    auto call = std::make_unique<open_call>();
    call->method = next->method;
    const auto size = static_cast<std::uint32_t>(next->request.size());
    for (const unsigned shift : {32U, 24U, 16U, 8U, 0U})
      call->body.push_back(shift == 32U ? '\0' : static_cast<char>((size >> shift) & 0xffU));
    call->body += next->request;
    const auto path = "/bsky.Service/" + source_.of().methods[next->method];
    const auto field = [](std::string_view name, std::string_view value) {
      return nghttp2_nv{reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
                        reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())),
                        name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
    };
    const std::array head{field(":method", "POST"),
                          field(":scheme", "http"),
                          field(":path", path),
                          field(":authority", authority_),
                          field("content-type", "application/grpc+proto"),
                          field("te", "trailers")};
    nghttp2_data_provider body{};
    body.source.ptr = call.get();
    body.read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t* out, std::size_t room,
                            std::uint32_t* flags, nghttp2_data_source* from, void*) -> ssize_t {
      auto& sending = *static_cast<open_call*>(from->ptr);
      const auto n = std::min(room, sending.body.size() - sending.sent);
      std::memcpy(out, sending.body.data() + sending.sent, n);
      sending.sent += n;
      if (sending.sent == sending.body.size())
        *flags |= NGHTTP2_DATA_FLAG_EOF;
      return static_cast<ssize_t>(n);
    };
    call->began = clock::now();
    const auto stream =
        nghttp2_submit_request(session_, nullptr, head.data(), head.size(), &body, nullptr);
    if (stream > 0)
      calls_.emplace(stream, std::move(call));
  }

  void on_header(std::int32_t stream, std::string_view name, std::string_view value) {
    const auto found = calls_.find(stream);
    if (found != calls_.end() && name == "grpc-status")
      std::from_chars(value.data(), value.data() + value.size(), found->second->status);
  }

  void on_close(std::int32_t stream) {
    const auto found = calls_.find(stream);
    if (found == calls_.end())
      return;
    results_.push_back(
        {found->second->method, clock::now() - found->second->began, found->second->status});
    calls_.erase(found);
    submit_next();
  }

  [[nodiscard]] expected<void> send_all() {
    for (;;) {
      const std::uint8_t* data = nullptr;
      const auto size = nghttp2_session_mem_send(session_, &data);
      if (size <= 0)
        break;
      pending_.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    }
    for (std::size_t sent = 0; sent < pending_.size();) {
      const auto n = ::send(socket_, pending_.data() + sent, pending_.size() - sent, MSG_NOSIGNAL);
      if (n <= 0)
        return fail(errc::io, "cannot send: {}", errno_text());
      sent += static_cast<std::size_t>(n);
    }
    pending_.clear();
    return {};
  }

  std::size_t in_flight_;
  call_source& source_;
  std::string authority_;
  int socket_{-1};
  nghttp2_session* session_{nullptr};
  std::map<std::int32_t, std::unique_ptr<open_call>> calls_;
  std::vector<call_result> results_;
  std::string pending_;
};

} // namespace

expected<std::vector<call_result>> run_connection(const std::string& host, std::uint16_t port,
                                                  std::size_t in_flight, call_source& source) {
  rpc_connection connection(in_flight, source);
  if (auto connected = connection.connect(host, port); !connected)
    return tl::unexpected(connected.error());
  static_cast<void>(connection.run()); // calls that were open count as failed
  return connection.take_results();
}

} // namespace prism::bench
