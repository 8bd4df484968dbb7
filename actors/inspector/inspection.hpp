#pragma once

#include "actors/inspector/inspection_context.hpp"
#include "actors/inspector/inspector.hpp"
#include "actors/inspector/operators_tunnel.hpp"

#include <cstdint>
#include <memory>

namespace prism {

/// Lets operators look into the node: the inspector and what it needs, in an actor system of its
/// own, from the first second of the start to the last of the stop. One thread.
class inspection {
public:
  /// Opens the tunnel if `tunnel-listen` names an address. Errors: those of
  /// `open_operators_tunnel`; `errc::io` if CAF cannot listen on the loopback address.
  [[nodiscard]] static expected<std::unique_ptr<inspection>> start(node_ptr node);

  /// @param over_network whether CAF is to listen, on a free port of the loopback address
  explicit inspection(node_ptr node, bool over_network);
  ~inspection();
  inspection(const inspection&) = delete;
  inspection& operator=(const inspection&) = delete;

  [[nodiscard]] inspection_context& context() noexcept { return *context_; }
  /// Where CAF listens; 0: nowhere.
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  /// Where operators connect; 0: nowhere.
  [[nodiscard]] std::uint16_t tunnel_port() const noexcept {
    return tunnel_ ? tunnel_->port() : std::uint16_t{0};
  }

private:
  inspection_ptr context_;
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  local_inspector_actor inspector_;
  std::uint16_t port_{0};
  std::unique_ptr<net::tunnel_server> tunnel_; // it hands out the port
  std::shared_ptr<void> shown_;                // at each scrape; last: it reads the tunnel
};

} // namespace prism
