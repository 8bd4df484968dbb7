#include "net/tunnel/tunnel_opening.hpp"

#include <utility>

namespace prism::net {

namespace asio = boost::asio;

namespace {

dial_target target_of(const tunnel_client_options& options) {
  return {.host = options.host,
          .port = options.port,
          .expected_name = options.expected_name,
          .ca_file = options.ca_file,
          .certificate_file = options.certificate_file,
          .what = "tunnel",
          .limit = options.limit};
}

} // namespace

asio::awaitable<expected<opened_tunnel>> open_tunnel(asio::ip::tcp::socket::executor_type executor,
                                                     tunnel_client_options options,
                                                     tunnel_tls tls) {
  const auto dialling = std::make_shared<node_dialling>(executor, target_of(options), tls.context);
  const auto connected = co_await dialling->run();
  if (!connected)
    co_return tl::unexpected(connected.error());
  // g++ 12 destroys temporaries of an awaited call twice, hence the variable.
  auto hello = write(client_hello{
      .versions = tunnel_versions, .cluster = options.cluster, .sender = options.sender});
  const auto body = co_await dialling->exchange(std::move(hello), tunnel_magic);
  if (!body)
    co_return tl::unexpected(body.error());
  auto node = parse_server_hello(*body);
  if (!node)
    co_return dialling->not_a_node(node.error().message);
  if (!node->refusal.empty())
    co_return fail(errc::invalid, "the node at {} refused the connection: {}", dialling->where(),
                   node->refusal);
  if (node->version < tunnel_versions.min || node->version > tunnel_versions.max)
    co_return fail(errc::invalid, "the node at {} chose version {} of the tunnel, we speak {}",
                   dialling->where(), node->version, to_string(tunnel_versions));
  auto stream = dialling->take();
  if (!stream)
    co_return dialling->timed_out();
  co_return opened_tunnel{
      .tls = tls.context, .stream = std::move(stream), .node = std::move(*node)};
}

} // namespace prism::net
