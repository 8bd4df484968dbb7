#pragma once

#include "core/rate_limited.hpp"
#include "net/tunnel/byte_pump.hpp"
#include "net/tunnel/tunnel_server.hpp"

#include <atomic>
#include <functional>
#include <string>
#include <string_view>

namespace prism::net {

/// What the sessions of one `tunnel_server` share. Counters are read by any thread, the rest on the
/// server's. Internal to net/.
struct tunnel_state {
  tunnel_server_options options;
  tunnel_callbacks callbacks;
  /// "" if a further client of that name may be connected, else a sentence.
  std::function<std::string(const std::string& name)> no_room;
  tls_context tls;

  std::atomic<std::uint64_t> connections{0};
  std::atomic<std::uint64_t> admitted{0};
  std::array<std::atomic<std::uint64_t>, tunnel_refusal_count> refused{};
  std::atomic<std::uint64_t> cut{0};
  std::atomic<std::uint64_t> idle{0};
  std::atomic<std::uint64_t> bad_messages{0};
  std::atomic<std::uint64_t> open{0};
  std::atomic<std::uint64_t> handshaking{0};
  std::atomic<std::int64_t> certificate_expires_at{0};
  pump_counters bytes;

  /// Counts a refusal and logs it. @param name of the certificate; "" without one.
  void refuse(tunnel_refusal reason, std::string_view address, std::string_view name,
              std::string_view why);

  /// Logs that a client is connected.
  void log_admitted(const tunnel_peer& peer);

  /// Logs that a client is cut for a message. @param problem what it did
  void log_bad_message(const tunnel_peer& peer, std::string_view problem);

private:
  static constexpr std::chrono::seconds log_interval{10};
  static constexpr std::size_t max_log_names = 64;

  rate_limited<tunnel_refusal> refusal_lines_{log_interval, tunnel_refusal_count};
  rate_limited<std::string> admitted_lines_{log_interval, max_log_names};
  rate_limited<std::string> bad_message_lines_{log_interval, max_log_names};
};

} // namespace prism::net
