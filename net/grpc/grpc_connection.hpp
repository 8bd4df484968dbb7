#pragma once

#include "core/token_bucket.hpp"
#include "net/grpc/grpc_counters.hpp"
#include "net/grpc/grpc_stream.hpp"
#include "net/grpc/http2.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace prism::net {

/// The server's side of one HTTP/2 connection, without a socket: bytes go in and out, and the time
/// is passed in. Not thread-safe. Internal to net/: includes libnghttp2.
///
/// Memory: `max_connection_bytes` for messages and answers (their strings have at most twice the
/// bytes), about 1 kB for each of `max_streams` calls, and for each of as many refused ones whose
/// RST_STREAM waits; libnghttp2's header tables (two of 4 KiB) and at most 1,000 acknowledgements.
class grpc_connection {
public:
  /// Must not throw.
  struct events {
    std::function<void(std::int32_t stream, grpc_call call)> call; ///< without its id
    std::function<void(std::int32_t stream)> cancelled;            ///< after `call`, at most once
  };

  /// Both references must outlive the connection.
  grpc_connection(const grpc_server_options& options, grpc_counters& counters, events events,
                  time_point now);
  grpc_connection(const grpc_connection&) = delete;
  grpc_connection& operator=(const grpc_connection&) = delete;
  ~grpc_connection();

  /// Takes what the client has sent, then gives complete calls to `events`.
  void receive(std::span<const std::uint8_t> bytes, time_point now);

  /// Appends what is to be sent, about `batch_bytes` at most.
  void collect(std::string& out, time_point now);

  /// Answers a call of `events`; others are ignored.
  void answer(std::int32_t stream, grpc_answer answer, time_point now);

  /// Begins a graceful end: the client learns that it must not begin further calls, and a little
  /// later those that it has not begun by then are refused.
  void begin_drain(time_point now);

  /// Ends calls that take too long. @returns when to check again; `receive` and `begin_drain` may
  /// make it earlier (`next_check`).
  time_point check(time_point now);
  [[nodiscard]] time_point next_check() const noexcept { return next_check_; }

  /// Ends the connection for breaking a rule or a limit, counted once.
  void fail(std::string reason, bool by_stall = false);

  /// Cancels all calls; the connection must not be used afterwards.
  void abandon();

  /// Whether it has broken a rule or a limit: close it, what is collected before included or not.
  [[nodiscard]] bool failed() const noexcept { return failed_; }
  /// Why it was ended, for the log; empty if nothing was wrong.
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }

  /// False: what waits to be sent is so much that nothing more should be received now.
  [[nodiscard]] bool may_receive() const noexcept;

  /// Whether nothing more is to be received or sent.
  [[nodiscard]] bool over() const noexcept;

  /// Calls begun and not over.
  [[nodiscard]] std::size_t streams() const noexcept { return streams_.size(); }

  /// How much its client loses if it is ended for a newcomer; the least first.
  enum class use : std::uint8_t {
    none,  ///< it has not sent HTTP/2 yet
    tried, ///< it has made no complete call yet
    idle,  ///< it has made calls, and has none that is complete
    busy   ///< it has one
  };
  [[nodiscard]] use used() const noexcept;
  /// Since when that is so; of `busy`: nothing to rely on.
  [[nodiscard]] time_point used_since() const noexcept;

  static constexpr std::size_t batch_bytes = std::size_t{64} << 10U;

private:
  struct callbacks; // those of libnghttp2
  using stream_map = std::unordered_map<std::int32_t, grpc_stream>;

  void send_settings();
  void begin_stream(std::int32_t id);
  void take_header(std::int32_t id, std::string_view name, std::string_view value);
  void take_frame(const nghttp2_frame& frame);
  void take_body(std::int32_t id, std::string_view piece);
  void end_headers(std::int32_t id, grpc_stream& stream);
  void end_request(std::int32_t id, grpc_stream& stream);
  void close_stream(std::int32_t id);
  void sent_frame(const nghttp2_frame& frame);
  void count_reset(std::uint32_t error);
  [[nodiscard]] ssize_t offer(std::int32_t id, std::size_t room, std::uint32_t& flags);
  void append_data(const nghttp2_frame& frame, const std::uint8_t* head, std::size_t count);
  [[nodiscard]] bool allow_control_frame();

  void give_calls();
  void refuse(std::int32_t id, grpc_stream& stream, const grpc_refusal& why);
  void send_status(std::int32_t id, grpc_stream& stream, std::string_view http_status,
                   grpc_status status, std::string_view text);
  void hold(grpc_stream& stream, std::size_t bytes);
  void release(grpc_stream& stream);
  void check_stream(std::int32_t id, grpc_stream& stream);
  void end_drain();
  /// Whether it is `when` already; else there is a check then.
  [[nodiscard]] bool due(time_point when);
  void check_at(time_point when) { next_check_ = std::min(next_check_, when); }

  const grpc_server_options& options_;
  grpc_counters& counters_;
  events events_;
  http2_session http2_;
  stream_map streams_;
  std::vector<std::int32_t> ready_; // complete since `receive` began
  std::string* out_{nullptr};       // within `collect`
  time_point now_;
  time_point born_;
  time_point idle_since_;
  time_point data_since_; // last answer's part sent
  time_point next_check_;
  std::optional<time_point> drain_until_{}; // for the answer to the ping of the drain
  std::size_t held_{0};
  std::uint32_t control_frames_{0}; // since `control_since_`
  time_point control_since_;
  token_bucket forced_resets_;
  std::size_t complete_calls_{0}; // given to `events` and not over
  bool has_called_{false};
  bool greeted_{false}; // the client's SETTINGS have come
  bool draining_{false};
  bool failed_{false};
  std::string reason_;
};

} // namespace prism::net
