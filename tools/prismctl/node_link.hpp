#pragma once

#include "core/error.hpp"
#include "messages/operator.hpp"
#include "net/tunnel/tunnel_client.hpp"
#include "tools/prismctl/command_line.hpp"

#include <boost/json/object.hpp>
#include <memory>
#include <string>

namespace prism::prismctl {

/// CAF of this process; one for all nodes.
class operator_system {
public:
  operator_system();
  [[nodiscard]] caf::actor_system& get() noexcept { return *system_; }

private:
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
};

/// A connection to the inspector of one node.
class node_link {
public:
  /// Opens the tunnel and finds the inspector. Errors are sentences for an operator.
  [[nodiscard]] static expected<std::unique_ptr<node_link>>
  open(operator_system& system, const command_line& line, const node_address& node);

  /// Asks, and waits for at most `limit`.
  /// @returns the text of the answer. Errors are sentences: the node's own, or `errc::timeout`.
  [[nodiscard]] expected<std::string> ask(std::string_view command,
                                          const boost::json::object& arguments,
                                          std::chrono::milliseconds limit);

  /// HOST:PORT as typed.
  [[nodiscard]] const std::string& address() const noexcept { return address_; }

private:
  node_link(operator_system& system, std::string address)
      : system_(system), address_(std::move(address)) {}

  operator_system& system_;
  std::string address_;
  std::unique_ptr<net::tunnel_client> tunnel_;
  inspector_actor inspector_;
};

} // namespace prism::prismctl
