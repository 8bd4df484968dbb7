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
/// are ignored. See docs/LINKS.md.
struct link_message {
  boost::json::object head; ///< at most 64 KiB; "kind" says what it is; not "ping" or "pong"
  std::vector<frame_bytes> payload; ///< sent one after another without copying
};

/// Sizes, in bytes.
struct link_limits {
  static constexpr std::size_t max_head = 65'535;
  /// Of a message of several frames. One frame alone may be larger.
  static constexpr std::size_t max_group = std::size_t{1} << 20U;
  /// Of any message, with its head; a larger one ends the link.
  static constexpr std::size_t max_message = std::size_t{8} << 20U;
};

/// Another node to be linked with.
struct link_peer {
  std::string id;   ///< its UUID
  std::string name; ///< for people
  std::string
      address; ///< HOST:PORT; its certificate must carry HOST. "" if it cannot be linked with

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
  /// Both sides must name the same, of at most 200 bytes. "" for the name of the authority.
  std::string cluster{};
  /// Versions that this node speaks.
  std::uint16_t version_min{1};
  std::uint16_t version_max{1};
  /// For TCP, TLS and hellos together, on both sides.
  std::chrono::milliseconds connect_limit{3'000};
  /// How often a link is pinged; and how long nothing may come, or nothing be taken, before it
  /// ends. Bytes count, so a message that arrives slowly is life.
  std::chrono::milliseconds ping_interval{1'000};
  std::chrono::milliseconds silence_limit{3'000};
  /// Bytes of messages that wait to be written; more ends the link ("overflow").
  std::size_t max_queued_bytes{std::size_t{96} << 20U};
  /// Connections of strangers that may be in their handshake at once, and those from one address.
  /// A further one takes the place of an older one.
  std::size_t max_handshakes{64};
  std::size_t max_handshakes_per_address{16};
  /// How often the files and the certificates of peers are checked.
  std::chrono::milliseconds check_interval{10'000};
};

/// Why a link ended or was refused.
enum class link_end : std::uint8_t {
  connect_failed,   ///< no TCP connection
  handshake_failed, ///< TLS, a certificate or the time for the hello
  refused,          ///< other cluster or version, or a certificate of another host or revoked since
  redundant,        ///< the peer has opened another link, or it is not the one that dials
  silent,           ///< nothing came, or nothing was taken, for too long
  lost,             ///< the connection broke
  malformed,        ///< what came is no hello or no message, or what was to be sent is too large
  overflow,         ///< too much waits to be written
  unknown_peer,     ///< one side does not know the other (yet)
  removed,          ///< `set_peers` does not name it any more
  stopped           ///< this side has stopped
};
[[nodiscard]] std::string_view to_string(link_end reason) noexcept;
inline constexpr std::size_t link_end_count = 11;

/// What happens on links. Called on the links' thread; must not block or throw, nor end the links.
struct link_callbacks {
  /// A link with this peer is open; `version` is the newest that both speak. Messages follow.
  std::function<void(const std::string& peer, std::uint16_t version)> up;
  /// It has ended; once for each `up`.
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

/// Counters of all links, with peers of the past and with strangers.
struct links_totals {
  std::uint64_t opened{0};
  /// Links that ended and attempts of ours that failed, by reason.
  std::array<std::uint64_t, link_end_count> ended{};
  /// Connections accepted by the system; those refused, by reason; those in their handshake now.
  std::uint64_t connections{0};
  std::array<std::uint64_t, link_end_count> refused{};
  std::uint64_t handshaking{0};
  /// Changes of the certificate files that were read, and those that could not be.
  std::uint64_t reloads{0};
  std::uint64_t failed_reloads{0};
};

/// One link with each other node of the cluster, over mutual TLS 1.3 with certificates of role
/// node, on a thread of its own. Of two nodes the one with the smaller UUID dials. A link that
/// fails is dialled again with backoff and jitter, without end, at most every 2 s apart; who is not
/// in the list of peers is refused. Any thread.
class links {
public:
  /// Listens and starts the thread. Errors: those of `make_tunnel_server_tls`; `errc::io` naming
  /// the address; `errc::invalid` naming the option.
  [[nodiscard]] static expected<std::unique_ptr<links>> start(links_options options,
                                                              link_callbacks callbacks);
  links(const links&) = delete;
  links& operator=(const links&) = delete;
  ~links();

  /// Who is to be linked with; links with others end. Does nothing if nothing changed.
  void set_peers(std::vector<link_peer> peers);
  /// Queues a message. @returns false if there is no open link. What waits when a link ends is
  /// dropped. A message beyond the limits, or one that finds too much waiting, ends the link.
  bool send(const std::string& peer, link_message message);
  [[nodiscard]] bool connected(const std::string& peer) const;
  /// Of the peers named last.
  [[nodiscard]] std::vector<link_stats> stats() const;
  [[nodiscard]] links_totals totals() const;
  [[nodiscard]] std::uint16_t port() const noexcept;
  /// Ends all links ("stopped") and the thread; no callback runs afterwards. Not callable from a
  /// callback. May wait for the system's resolver if a peer's address is a name.
  void stop();

private:
  class impl;
  explicit links(std::unique_ptr<impl> pimpl);
  std::unique_ptr<impl> impl_;
};

} // namespace prism::net
