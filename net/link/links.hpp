#pragma once

#include "core/error.hpp"
#include "core/frame_bytes.hpp"
#include "net/listen_address.hpp"

#include <array>
#include <boost/json/object.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace prism::net {

/// A message between nodes. On the wire: u32 size of what follows, u16 size of the head, the head
/// as JSON, then the payload's bytes; big-endian. Fields of the head that a version does not know
/// are ignored.
struct link_message {
  boost::json::object head;         ///< at most 64 KiB; "kind" says what it is
  std::vector<frame_bytes> payload; ///< sent one after another without copying
};

/// Sizes, in bytes.
struct link_limits {
  static constexpr std::size_t max_head = 65'535;
  /// Of a message of several frames. One frame alone may be larger.
  static constexpr std::size_t max_group = std::size_t{1} << 20U;
  /// Of any message; a larger one ends the link.
  static constexpr std::size_t max_message = std::size_t{8} << 20U;
};

/// Another node to be linked with.
struct link_peer {
  std::string id;      ///< its UUID
  std::string name;    ///< the name in its certificate must be one of this host's, see `address`
  std::string address; ///< HOST:PORT; the certificate must carry HOST

  friend bool operator==(const link_peer&, const link_peer&) = default;
};

/// Settings of `links`.
struct links_options {
  /// This node. Another for every start.
  std::string id{};
  std::string name{};
  /// Where it listens; default: a free port of 127.0.0.1.
  listen_address listen{};
  /// PEM files, as for the tunnel: authority, own certificate, key, revocation list ("" for none).
  std::string ca_file{};
  std::string certificate_file{};
  std::string key_file{};
  std::string crl_file{};
  std::string cluster{};
  /// Versions that this node speaks.
  std::uint16_t version_min{1};
  std::uint16_t version_max{1};
  std::chrono::milliseconds connect_limit{3'000};
  /// A ping after so long without another message, and the end after so long without any.
  std::chrono::milliseconds ping_interval{1'000};
  std::chrono::milliseconds silence_limit{3'000};
  /// Bytes of messages that wait to be written; more ends the link ("overflow").
  std::size_t max_queued_bytes{std::size_t{96} << 20U};
};

/// Why a link ended or was refused.
enum class link_end : std::uint8_t {
  connect_failed,
  handshake_failed,
  refused,
  redundant,
  silent,
  lost,
  malformed,
  overflow,
  unknown_peer,
  removed,
  stopped
};
[[nodiscard]] std::string_view to_string(link_end reason) noexcept;
inline constexpr std::size_t link_end_count = 11;

/// What happens on links. Called on the links' thread; must not block or throw.
struct link_callbacks {
  /// A link with this peer is open; `version` is the newest that both speak. Messages follow.
  std::function<void(const std::string& peer, std::uint16_t version)> up;
  std::function<void(const std::string& peer, link_end why, const std::string& text)> down;
  std::function<void(const std::string& peer, const boost::json::object& head,
                     std::span<const std::byte> payload)>
      received;
};

/// The state of one link, for people and metrics.
struct link_stats {
  link_peer peer;
  bool open{false};
  std::uint16_t version{0};
  std::chrono::microseconds round_trip{0}; ///< of the last ping
  std::uint64_t bytes_in{0}, bytes_out{0}, messages_in{0}, messages_out{0};
  std::size_t queued_bytes{0};
  std::array<std::uint64_t, link_end_count> ended{}; ///< by reason
  std::chrono::milliseconds since{0};                ///< how long it has been open, or closed
};

/// One link with each other node of the cluster, over mutual TLS 1.3 with certificates of role
/// node, on a thread of its own. Of two nodes the one with the smaller UUID dials. A link that
/// fails is dialled again with backoff and jitter, without end, at most every 2 s apart; who is not
/// in the list of peers is refused. Any thread.
class links {
public:
  [[nodiscard]] static expected<std::unique_ptr<links>> start(links_options options,
                                                              link_callbacks callbacks);
  links(const links&) = delete;
  links& operator=(const links&) = delete;
  ~links();

  /// Who is to be linked with; links with others end. Does nothing if nothing changed.
  void set_peers(std::vector<link_peer> peers);
  /// Queues a message. @returns false if there is no open link.
  bool send(const std::string& peer, link_message message);
  [[nodiscard]] bool connected(const std::string& peer) const;
  [[nodiscard]] std::vector<link_stats> stats() const;
  [[nodiscard]] std::uint16_t port() const noexcept;
  /// Ends all links and the thread; no callback runs afterwards.
  void stop();

private:
  class impl;
  explicit links(std::unique_ptr<impl> pimpl);
  std::unique_ptr<impl> impl_;
};

} // namespace prism::net
