#pragma once

#include "core/error.hpp"
#include "net/tunnel/hello.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace prism::net {

/// Where a `tunnel_client` connects, and as whom.
struct tunnel_client_options {
  /// Name or numeric address of the node's machine, and the port of its tunnel.
  std::string host{};
  std::uint16_t port{0};
  /// PEM files: the certificate of the authority, our certificate and its private key.
  std::string ca_file{};
  std::string certificate_file{};
  std::string key_file{};
  /// The name or address that the node's certificate must carry; "" for `host`.
  std::string expected_name{};
  /// "" for the name of the authority.
  std::string cluster{};
  /// Program and version, for the node's log.
  std::string sender{};
  /// Time for everything until the tunnel is open. 10 s.
  std::chrono::milliseconds limit{10'000};
};

/// One connection through the tunnel of a node. It offers a port of 127.0.0.1, at which CAF of this
/// same process (`middleman::remote_actor`) finds the node's CAF; only the first connection is
/// taken, and none of another process.
class tunnel_client {
public:
  /// Connects, proves both sides' certificates, and exchanges hellos. Blocks up to the limit (and
  /// longer only while the system's resolver does not return).
  ///
  /// Errors, as sentences for an operator: `errc::io`: the host does not resolve, nobody listens
  /// there, the connection was lost, a file cannot be read. `errc::timeout`. `errc::invalid`: the
  /// node's certificate is not acceptable (another authority, expired, another name, not a node's);
  /// ours is not acceptable to the node (with its reason, as far as TLS tells it); the node refused
  /// our hello (version, cluster, too many clients, not ready).
  [[nodiscard]] static expected<std::unique_ptr<tunnel_client>> open(tunnel_client_options options);

  tunnel_client(const tunnel_client&) = delete;
  tunnel_client& operator=(const tunnel_client&) = delete;
  /// Closes the connection.
  ~tunnel_client();

  /// The port of 127.0.0.1 to connect to, once.
  [[nodiscard]] std::uint16_t port() const noexcept;

  /// What the node said: its name, the role it grants us, and the token that its actors demand.
  [[nodiscard]] const server_hello& node() const noexcept;

  /// Whether the connection has ended. Any thread.
  [[nodiscard]] bool ended() const noexcept;

private:
  class impl;
  explicit tunnel_client(std::unique_ptr<impl> pimpl);
  std::unique_ptr<impl> impl_;
};

} // namespace prism::net
