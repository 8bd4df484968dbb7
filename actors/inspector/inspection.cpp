#include "actors/inspector/inspection.hpp"

#include "actors/inspector/database_lane.hpp"
#include "actors/inspector/inspector.hpp"
#include "log/log.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#include <caf/io/all.hpp>
#pragma GCC diagnostic pop

namespace prism {

inspection::inspection(node_ptr node, bool over_network)
    : context_(std::make_shared<inspection_context>(std::move(node))) {
  set_up_caf(config_);
  config_.set("scheduler.max-threads", std::size_t{1}); // its actors have threads of their own
  add_operator_messages(config_);
  if (over_network)
    config_.load<caf::io::middleman>();
  system_ = std::make_unique<caf::actor_system>(config_);
  const auto asking = spawn_state<asking_state, caf::detached>(*system_, context_);
  const auto database = spawn_state<database_lane_state, caf::detached>(*system_, context_);
  context_->set_lanes(asking, database);
  inspector_ = spawn_state<inspector_state>(*system_, context_);
  if (!over_network)
    return;
  const auto port =
      system_->middleman().publish(caf::actor_cast<inspector_actor>(inspector_), 0, "127.0.0.1");
  if (port)
    port_ = *port;
  else
    log::inspector().error("inspector: CAF cannot listen on the loopback address: {}",
                           system_->render(port.error()));
}

expected<std::unique_ptr<inspection>> inspection::start(node_ptr node) {
  const bool over_network = !node->options.tunnel_listen.empty();
  auto out = std::make_unique<inspection>(std::move(node), over_network);
  if (!over_network)
    return out;
  if (out->port_ == 0)
    return fail(errc::io, "CAF cannot listen on the loopback address; the log says why");
  auto tunnel = open_operators_tunnel(out->context_, [port = out->port_] { return port; });
  if (!tunnel)
    return tl::unexpected(std::move(tunnel.error()));
  out->tunnel_ = std::move(*tunnel);
  auto& metrics = out->context_->node->metrics;
  out->shown_ = metrics.before_scrape(
      [shown = out->tunnel_.get(), &to = metrics.tunnel()] { show(*shown, to); });
  return out;
}

inspection::~inspection() {
  shown_.reset();
  tunnel_.reset();
  if (port_ != 0)
    static_cast<void>(
        system_->middleman().unpublish(caf::actor_cast<inspector_actor>(inspector_), port_));
  caf::anon_send(inspector_, stop_request{});
  inspector_ = nullptr;
  for (const auto place : {command_place::asking, command_place::database})
    caf::anon_send_exit(context_->lane(place), caf::exit_reason::user_shutdown);
  context_->set_lanes({}, {});
  system_.reset(); // waits for the end of all
}

} // namespace prism
