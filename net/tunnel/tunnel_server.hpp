#pragma once

#include "core/error.hpp"
#include "net/certificates/role.hpp"
#include "net/listen_address.hpp"
#include "net/tunnel/message_filter.hpp"
#include "net/tunnel/refusal.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace prism::net {

/// Settings of a `tunnel_server`, including all of its limits.
struct tunnel_server_options {
  /// Default: a free port of 127.0.0.1.
  listen_address listen{};
  /// PEM files: the certificate of the authority, the node's own certificate and its private key,
  /// and the revocation list ("" for none). Read again when one of them changes.
  std::string ca_file{};
  std::string certificate_file{};
  std::string key_file{};
  std::string crl_file{};
  /// Clients must name it. "" for the name of the authority.
  std::string cluster{};
  /// The node's name, for people. "" for the name in its certificate.
  std::string node_name{};
  /// Which start of which node this is. Any text of at most 200 bytes.
  std::string node_id{};
  /// Clients that may be connected at once. 64; at least 1.
  std::size_t max_clients{64};
  /// The same with certificates of one name. 32; at least 1.
  std::size_t max_clients_per_name{32};
  /// Connections that may be in their handshake at once, beside those. 64; at least 1. A further
  /// one takes the place of the oldest one of the address that has the most.
  std::size_t max_handshakes{64};
  /// The same from one address (one /64 network of IPv6). 16; at least 1. A further one takes the
  /// place of the oldest one of that address.
  std::size_t max_handshakes_per_address{16};
  /// Time from a connection's beginning until its hello is answered, however it drips. 5 s.
  std::chrono::milliseconds handshake_limit{5'000};
  /// A tunnel through which no byte passes either way for so long is closed. 10 min.
  std::chrono::milliseconds idle_limit{600'000};
  /// What clients may send once they are in; of a node's certificate only the length counts. At
  /// most 256 KiB a message, four times what a request may have. Empty: bytes pass that nobody
  /// looks at.
  std::optional<message_rules> messages{message_rules{}};
  /// How often files and the certificates of connected clients are checked. 10 s.
  std::chrono::milliseconds check_interval{10'000};
};

/// A client whose certificate was accepted.
struct tunnel_peer {
  /// The certificate's name, printable ASCII.
  std::string name{};
  certificate_role role{certificate_role::viewing};
  /// The certificate's serial number, in lower-case hexadecimal digits.
  std::string serial{};
  /// Where it comes from: "ADDRESS:PORT".
  std::string address{};
  /// What it says about itself in its hello, for example "prismctl 0.1.0"; printable ASCII.
  std::string sender{};
};

/// What the owner of a `tunnel_server` does. Called on its thread; must not block, throw, or end
/// the server.
struct tunnel_callbacks {
  /// The port of 127.0.0.1 to which clients are connected; 0 if there is none yet.
  std::function<std::uint16_t()> backend_port;
  /// A client is about to be connected under this token; before its first byte.
  std::function<void(const tunnel_peer&, const std::string& token)> admitted;
  /// The connection with this token has ended; once for each `admitted`.
  std::function<void(const std::string& token)> left;
};

/// Counters of a `tunnel_server`.
struct tunnel_server_stats {
  /// Connections accepted by the system, whatever came of them.
  std::uint64_t connections{0};
  /// Clients admitted.
  std::uint64_t admitted{0};
  /// Connections refused, by `tunnel_refusal`.
  std::array<std::uint64_t, tunnel_refusal_count> refused{};
  /// Clients cut because their certificate has expired or was revoked meanwhile.
  std::uint64_t cut{0};
  /// Clients cut because nothing passed for `idle_limit`.
  std::uint64_t idle{0};
  /// Clients cut because they sent a message that breaks the rules.
  std::uint64_t bad_messages{0};
  /// Clients connected now.
  std::uint64_t open{0};
  /// Connections in their handshake now.
  std::uint64_t handshaking{0};
  /// Bytes from clients to the node, and back.
  std::uint64_t bytes_in{0};
  std::uint64_t bytes_out{0};
  /// Changes of the files that were read, and those that could not be: the previous files stay in
  /// use.
  std::uint64_t reloads{0};
  std::uint64_t failed_reloads{0};
  /// When the node's own certificate expires, in seconds since 1970.
  std::int64_t certificate_expires_at{0};
};

/// The port for operators on other machines: accepts connections of clients that show a certificate
/// of our authority with a role, over TLS 1.3, and connects each to a port of this machine (CAF's).
///
/// That port is open to every local user, and CAF authenticates nobody. So a message proves nothing
/// by arriving there: the actors behind the port must demand the token, which only the client and
/// they know, and look up what it allows.
///
/// Everything is bounded: connections, the time and the bytes of a handshake, the buffers of a
/// tunnel, and the messages through it. Each refusal is counted by its reason and
/// logged, at most one line per reason in ten seconds.
class tunnel_server {
public:
  /// Listens, on a thread of its own. Errors: those of `make_tunnel_server_tls`; `errc::io` naming
  /// the address; `errc::invalid` naming the option.
  [[nodiscard]] static expected<std::unique_ptr<tunnel_server>> start(tunnel_server_options options,
                                                                      tunnel_callbacks callbacks);

  tunnel_server(const tunnel_server&) = delete;
  tunnel_server& operator=(const tunnel_server&) = delete;
  ~tunnel_server();

  /// Closes all connections and ends the thread; no callback runs afterwards. Not callable from a
  /// callback.
  void stop();

  /// The port on which it listens.
  [[nodiscard]] std::uint16_t port() const noexcept;

  /// The cluster that clients must name.
  [[nodiscard]] const std::string& cluster() const noexcept;

  /// Current counters; callable from any thread.
  [[nodiscard]] tunnel_server_stats stats() const;

private:
  class impl;
  explicit tunnel_server(std::unique_ptr<impl> pimpl);
  std::unique_ptr<impl> impl_;
};

} // namespace prism::net
