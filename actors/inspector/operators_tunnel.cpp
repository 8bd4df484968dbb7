#include "actors/inspector/operators_tunnel.hpp"

#include "log/log.hpp"

#include <unistd.h>

namespace prism {

void show(const net::tunnel_server& tunnel, const metrics::tunnel_metrics& out) {
  const auto stats = tunnel.stats();
  const auto raise = [](const metrics::labelled_counter& of, std::string_view value,
                        std::uint64_t total) {
    metrics::raise_to(of.of(value), static_cast<double>(total));
  };
  raise(out.events, "accepted", stats.connections);
  raise(out.events, "admitted", stats.admitted);
  raise(out.events, "cut", stats.cut);
  raise(out.events, "idle", stats.idle);
  raise(out.events, "bad_message", stats.bad_messages);
  for (std::size_t i = 0; i < stats.refused.size(); ++i)
    raise(out.refusals, net::to_string(static_cast<net::tunnel_refusal>(i)), stats.refused.at(i));
  raise(out.bytes, "in", stats.bytes_in);
  raise(out.bytes, "out", stats.bytes_out);
  raise(out.reloads, "done", stats.reloads);
  raise(out.reloads, "failed", stats.failed_reloads);
  out.open->Set(static_cast<double>(stats.open));
  out.handshakes->Set(static_cast<double>(stats.handshaking));
  out.certificate_expiry->Set(static_cast<double>(stats.certificate_expires_at));
}

expected<std::unique_ptr<net::tunnel_server>>
open_operators_tunnel(inspection_ptr context, std::function<std::uint16_t()> backend_port) {
  const auto& from = context->node->options;
  const auto address = net::parse_listen_address(from.tunnel_listen);
  if (!address)
    return fail(errc::invalid, "tunnel-listen: {}", address.error().message);
  net::tunnel_server_options options;
  options.listen = *address;
  options.ca_file = from.tunnel_authority;
  options.certificate_file = from.tunnel_certificate;
  options.key_file = from.tunnel_key;
  options.crl_file = from.tunnel_revoked;
  options.cluster = from.cluster_name;
  options.node_name = context->node->name;
  options.node_id = fmt::format("{}:{}", context->node->name, getpid());
  // A question; and what CAF asks and answers on its own when two processes meet.
  options.messages->contents = {"@<>+prism.operator_request", "@<>+@atom+@atom+@str",
                                "@<>+@atom+@str+@strong_actor_ptr+@str"};
  net::tunnel_callbacks callbacks;
  callbacks.backend_port = std::move(backend_port);
  callbacks.admitted = [context](const net::tunnel_peer& peer, const std::string& token) {
    context->connected.add(token, {.name = peer.name,
                                   .address = peer.address,
                                   .may_act = peer.role == net::certificate_role::operating});
  };
  callbacks.left = [context](const std::string& token) { context->connected.remove(token); };
  auto opened = net::tunnel_server::start(std::move(options), std::move(callbacks));
  if (opened)
    log::tunnel().info("tunnel: operators connect to port {} of {}", (*opened)->port(),
                       from.tunnel_listen);
  return opened;
}

} // namespace prism
