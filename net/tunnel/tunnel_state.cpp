#include "net/tunnel/tunnel_state.hpp"

#include "log/line_limit.hpp"
#include "log/log.hpp"
namespace prism::net {

void tunnel_state::refuse(tunnel_refusal reason, std::string_view address, std::string_view name,
                          std::string_view why) {
  refused.at(static_cast<std::size_t>(reason)).fetch_add(1, std::memory_order_relaxed);
  const auto left_out = refusal_lines_.allow(reason, steady_clock::now());
  if (!left_out)
    return;
  log::tunnel().warn("tunnel: {} refused, {}: {} ({}){}", address,
                     name.empty() ? "no certificate" : fmt::format("certificate '{}'", name), why,
                     to_string(reason), log::left_out_note(*left_out));
}

void tunnel_state::log_admitted(const tunnel_peer& peer) {
  if (const auto left_out = admitted_lines_.allow(peer.serial, steady_clock::now()))
    log::tunnel().info("tunnel: '{}' ({}, certificate {}) connected from {} with {}{}", peer.name,
                       to_string(peer.role), peer.serial, peer.address, peer.sender,
                       log::left_out_note(*left_out));
}

void tunnel_state::log_bad_message(const tunnel_peer& peer, std::string_view problem) {
  if (const auto left_out = bad_message_lines_.allow(peer.serial, steady_clock::now()))
    log::tunnel().warn("tunnel: '{}' from {} is cut: it {}{}", peer.name, peer.address, problem,
                       log::left_out_note(*left_out));
}

} // namespace prism::net
