#include "tools/prismctl/node_link.hpp"

#include "core/version.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#include <caf/io/all.hpp>
#pragma GCC diagnostic pop
#include <boost/json/serialize.hpp>
#include <future>

namespace prism::prismctl {

operator_system::operator_system() {
  set_up_caf(config_);
  config_.set("scheduler.max-threads", std::size_t{1});
  add_operator_messages(config_);
  config_.load<caf::io::middleman>();
  system_ = std::make_unique<caf::actor_system>(config_);
}

expected<std::unique_ptr<node_link>>
node_link::open(operator_system& system, const command_line& line, const node_address& node) {
  const bool numeric_v6 = node.host.find(':') != std::string::npos;
  std::unique_ptr<node_link> out{new node_link(
      system, fmt::format(fmt::runtime(numeric_v6 ? "[{}]:{}" : "{}:{}"), node.host, node.port))};
  net::tunnel_client_options options;
  options.host = node.host;
  options.port = node.port;
  options.ca_file = line.authority_file;
  options.certificate_file = line.certificate_file;
  options.key_file = line.key_file;
  options.expected_name = line.expected_name;
  options.cluster = line.cluster;
  options.sender = fmt::format("prismctl {}", version());
  options.limit = line.timeout;
  auto opened = net::tunnel_client::open(std::move(options));
  if (!opened)
    return tl::unexpected(std::move(opened.error()));
  out->tunnel_ = std::move(*opened);
  // CAF has no time limit of its own for this.
  auto found = std::async(std::launch::async, [&system, port = out->tunnel_->port()] {
    return system.get().middleman().remote_actor<inspector_actor>("127.0.0.1", port);
  });
  if (found.wait_for(line.timeout) != std::future_status::ready)
    out->tunnel_.reset(); // ends CAF's wait
  auto inspector = found.get();
  if (!out->tunnel_)
    return fail(errc::timeout, "the inspector of the node does not answer within {} ms",
                line.timeout.count());
  if (!inspector)
    return fail(errc::io, "the inspector of the node cannot be reached: {}",
                system.get().render(inspector.error()));
  out->inspector_ = std::move(*inspector);
  return out;
}

expected<std::string> node_link::ask(std::string_view command, const boost::json::object& arguments,
                                     std::chrono::milliseconds limit) {
  operator_request request{.version = operator_version,
                           .token = tunnel_->node().token,
                           .command = std::string{command},
                           .arguments = boost::json::serialize(arguments)};
  expected<std::string> out = fail(errc::timeout, "no answer within {} ms", limit.count());
  caf::scoped_actor self(system_.get());
  self->request(inspector_, limit, std::move(request))
      .receive(
          [&](operator_reply& reply) {
            switch (static_cast<operator_result>(reply.result)) {
            case operator_result::done:
              out = std::move(reply.body);
              break;
            case operator_result::bad_request:
              out = fail(errc::invalid, "{}", reply.body);
              break;
            default:
              out = fail(errc::transient, "{}", reply.body);
            }
          },
          [&](const caf::error& problem) {
            if (problem != caf::sec::request_timeout)
              out = fail(errc::io, "the connection to the node was lost: {}",
                         system_.get().render(problem));
          });
  return out;
}

} // namespace prism::prismctl
