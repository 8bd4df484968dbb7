#pragma once

#include "core/clock.hpp"
#include "core/error.hpp"
#include "net/grpc/grpc_status.hpp"
#include "net/listen_address.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace prism::net {

/// Settings of a `grpc_server`, including all of its limits.
struct grpc_server_options {
  /// Default: a free port of 127.0.0.1.
  listen_address listen{};
  /// PEM files; both empty: clear text, HTTP/2 by prior knowledge. Else TLS, with ALPN "h2".
  std::string certificate_file{};
  std::string key_file{};
  /// How often it is looked whether these have changed. If so, further connections see the new
  /// certificate; files that cannot be used are logged and counted, and the previous ones stay in
  /// use. 10 s.
  std::chrono::milliseconds certificate_interval{10'000};
  /// Connections open at a time. A further one takes the place of the one whose client loses least
  /// (`grpc_connection::use`); if all have calls, it is closed itself. 64; at least 1.
  std::size_t max_connections{64};
  /// Calls open at a time on one connection (SETTINGS_MAX_CONCURRENT_STREAMS). 1,000; at least 1.
  std::uint32_t max_streams{1'000};
  /// Bytes of one request's message; more is answered with `resource_exhausted`. 2 MiB: 10,000
  /// references to records have some 1.4 MB.
  std::size_t max_message_bytes{std::size_t{2} << 20U};
  /// Bytes of unfinished requests, and of answers not yet taken, on one connection. One whose
  /// requests need more is closed; an answer that needs more is not given, and its call is answered
  /// with `unavailable`. 32 MiB, at least 2 * max_message_bytes.
  std::size_t max_connection_bytes{std::size_t{32} << 20U};
  /// Bytes of one request's headers. 16 KiB.
  std::size_t max_header_bytes{std::size_t{16} << 10U};
  /// Time for the preface and the first SETTINGS, for a request to become complete after its first
  /// byte, and without progress while an answer waits to be taken. 10 s.
  std::chrono::milliseconds stall_timeout{10'000};
  /// A connection without open calls is closed with GOAWAY after this long. 20 min: the official
  /// client closes its own after 15.
  std::chrono::milliseconds idle_timeout{1'200'000};
};

/// A complete request.
struct grpc_call {
  std::uint64_t id{0};                ///< unique in the life of the server
  std::string path;                   ///< "/bsky.Service/GetActors"
  std::string message;                ///< the protobuf message, without the frame's five bytes
  std::optional<time_point> deadline; ///< of the header grpc-timeout
};

/// What a call is answered with. The text goes into grpc-message; a status other than `ok` is sent
/// as trailers only.
struct grpc_answer {
  grpc_status status{grpc_status::ok};
  std::string text{};
  std::string message{}; ///< the protobuf message
};

/// What the server calls, always on its own thread; must not block.
struct grpc_handler {
  std::function<void(grpc_call)> on_call;
  /// The client has given this call up (RST_STREAM), or its connection is gone, or its deadline has
  /// passed: no answer is needed. Not called for calls that are answered.
  std::function<void(std::uint64_t id)> on_cancel;
};

/// Counters of a `grpc_server`.
struct grpc_server_stats {
  std::uint64_t connections{0};     ///< accepted
  std::uint64_t refused{0};         ///< closed, because there were too many
  std::uint64_t protocol_errors{0}; ///< connections ended for breaking HTTP/2, or a limit
  std::uint64_t stalled{0};         ///< connections and calls ended because the client took nothing
  std::uint64_t bad_requests{0};    ///< calls refused as no gRPC request, too large, or compressed
  std::uint64_t received_bytes{0};
  std::uint64_t sent_bytes{0};
  std::uint64_t open{0};                  ///< connections open now
  std::uint64_t calls{0};                 ///< calls begun and not over, now
  std::uint64_t buffered_bytes{0};        ///< of unfinished requests and answers not yet taken, now
  std::uint64_t reloads{0};               ///< changed certificate files that are in use
  std::uint64_t failed_reloads{0};        ///< changed certificate files that cannot be used
  std::int64_t certificate_expires_at{0}; ///< in seconds since 1970; 0: clear text
};

/// A gRPC server for unary calls over HTTP/2 (libnghttp2), on its own thread. No compression, no
/// HTTP/1.1. What one client can cost is bounded by the options: a connection takes at most twice
/// `max_connection_bytes`, 2 kB for each of `max_streams` calls, and 300 kB. One that pings,
/// changes its settings or sends empty frames that end no request more than 2,000 times a second,
/// or gives up more than 2,000 calls at once and then 500 a second, is closed; one that reads less
/// than it makes the server say is not read from. One that has made half of the calls for which
/// HTTP/2 has numbers is drained, so that its client opens another one.
class grpc_server {
public:
  /// Listens; who connects waits for `serve`. Errors: `errc::io` naming the address or file and the
  /// reason, `errc::invalid` naming the option.
  [[nodiscard]] static expected<std::unique_ptr<grpc_server>> start(grpc_server_options options,
                                                                    grpc_handler handler);
  grpc_server(const grpc_server&) = delete;
  grpc_server& operator=(const grpc_server&) = delete;
  ~grpc_server();

  /// Begins to serve; once, when the handler is ready to use the server.
  void serve();

  /// Answers a call. Ids of calls that are answered or cancelled are ignored. Any thread; on the
  /// server's own it takes effect before it returns.
  void answer(std::uint64_t id, grpc_answer answer);

  /// Runs `work` on the server's thread, in the order of the calls of `post`. Any thread.
  void post(std::function<void()> work);

  /// Runs `work` on the server's thread at `when`, or a little later, in place of what was to run
  /// by an earlier call. On the server's thread only.
  void run_at(time_point when, std::function<void()> work);

  /// How a `wait` ended.
  enum class wait_end { ready, not_yet, stopped };

  /// Waits for a socket of another library, for one of these events of poll(), until `until`, and
  /// does the other work of the server's thread meanwhile. Only from work that `post` runs, one
  /// wait at a time.
  [[nodiscard]] wait_end wait(int socket, short events, time_point until);

  /// The socket that was waited for is closed, or is used on another thread. On the server's thread
  /// only.
  void forget_socket();

  /// Accepts no further connection and no further call (GOAWAY), and waits until all open calls are
  /// answered and the answers sent, `limit` at most. Not callable on the server's thread.
  /// @returns whether all were answered
  [[nodiscard]] bool drain(std::chrono::milliseconds limit);

  /// Closes all connections and ends the thread; the handler is not called afterwards, and `answer`
  /// and `post` do nothing. Not callable on the server's thread.
  void stop();

  [[nodiscard]] std::uint16_t port() const noexcept;

  /// Any thread.
  [[nodiscard]] grpc_server_stats stats() const;

private:
  class impl;
  explicit grpc_server(std::unique_ptr<impl> pimpl);
  std::unique_ptr<impl> impl_;
};

} // namespace prism::net
