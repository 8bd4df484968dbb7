#include "net/tunnel/tunnel_state.hpp"

#include "log/log.hpp"
namespace prism::net {

void tunnel_state::refuse(tunnel_refusal reason, std::string_view address, std::string_view name,
                          std::string_view why) {
  refused.at(static_cast<std::size_t>(reason)).fetch_add(1, std::memory_order_relaxed);
  const auto suppressed = refusal_lines_.allow(reason, steady_clock::now());
  if (!suppressed)
    return;
  log::tunnel().warn("tunnel: {} refused, {}: {} ({}; {} similar lines suppressed)", address,
                     name.empty() ? "no certificate" : fmt::format("certificate '{}'", name), why,
                     to_string(reason), *suppressed);
}

void tunnel_state::log_admitted(const tunnel_peer& peer) {
  if (const auto suppressed = admitted_lines_.allow(peer.serial, steady_clock::now()))
    log::tunnel().info(
        "tunnel: '{}' ({}, certificate {}) connected from {} with {} ({} similar lines "
        "suppressed)",
        peer.name, to_string(peer.role), peer.serial, peer.address, peer.sender, *suppressed);
}

void tunnel_state::log_bad_message(const tunnel_peer& peer, std::string_view problem) {
  if (const auto suppressed = bad_message_lines_.allow(peer.serial, steady_clock::now()))
    log::tunnel().warn("tunnel: '{}' from {} is cut: it {} ({} similar lines suppressed)",
                       peer.name, peer.address, problem, *suppressed);
}

} // namespace prism::net
