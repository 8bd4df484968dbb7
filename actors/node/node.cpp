#include "actors/node/node.hpp"

#include "actors/cluster/arrangement.hpp"
#include "actors/health_port.hpp"
#include "actors/inspector/inspection.hpp"
#include "actors/node/children.hpp"
#include "actors/node/heartbeat.hpp"
#include "actors/node/start_watch.hpp"
#include "actors/runtime/channels.hpp"
#include "actors/status_page/status_routes.hpp"
#include "actors/supervisor.hpp"
#include "config/render.hpp"
#include "core/reader_count.hpp"
#include "core/version.hpp"
#include "log/log.hpp"

#include <thread>
#include <unistd.h>

namespace prism {

namespace {

[[nodiscard]] metrics::registry_options families(const config::options& options) {
  metrics::registry_options out{.version = std::string{version()},
                                .revision = std::string{revision()},
                                .shards = options.shards,
                                .collections = {}};
  for (std::size_t i = 1; i < atproto::collection_count; ++i)
    out.collections.emplace_back(atproto::nsid_of(static_cast<atproto::collection>(i)));
  return out;
}

[[nodiscard]] std::string host_name() {
  std::string host(256, '\0');
  if (gethostname(host.data(), host.size() - 1) != 0)
    host = "unknown";
  host.resize(host.find('\0') == std::string::npos ? host.size() : host.find('\0'));
  return host;
}

[[nodiscard]] config::options with_readers(config::options from) {
  if (from.dataplane_readers == 0)
    from.dataplane_readers = default_readers(std::thread::hardware_concurrency());
  return from;
}

} // namespace

node::node(const config::options& options)
    : context_(std::make_shared<node_context>(options, families(options))),
      links_(std::make_shared<node_links>(context_)),
      dataplane_(std::make_shared<dataplane_port>(context_)) {
  context_->service = context_->options.relay_url;
  context_->service_shown = config::mask_passwords(context_->service);
  context_->name = context_->options.node_name.empty() ? host_name() : context_->options.node_name;
  declare_channels(context_->metrics, context_->options);
}

node::~node() {
  stop();
}

expected<std::unique_ptr<node>> node::start(config::options options,
                                            const interrupted& stop_requested) {
  std::unique_ptr<node> out{new node(with_readers(std::move(options)))};
  out->health_ = std::make_shared<health_port>(out->context_, out->context_->options.status_page
                                                                  ? status_routes(out->context_)
                                                                  : std::vector<net::http_route>{});
  static_cast<void>(out->health_->open()); // else the actor tries it again
  auto inspected = inspection::start(out->context_);
  if (!inspected)
    return tl::unexpected(error{errc::invalid, inspected.error().message});
  out->inspection_ = std::move(*inspected);
  if (auto listening = out->dataplane_->start(); !listening)
    return tl::unexpected(listening.error());
  if (auto opened = out->open_database(stop_requested); !opened)
    return tl::unexpected(opened.error());
  out->start_actors();
  return out;
}

void node::start_actors() {
  system_config_ = std::make_unique<caf::actor_system_config>();
  set_up_caf(*system_config_);
  system_ = std::make_unique<caf::actor_system>(*system_config_);
  root_ = spawn_state<supervisor_state>(*system_, context_, supervision_of(context_->options),
                                        children_of(context_, links_, dataplane_, health_),
                                        arrange_node(*context_->cluster.read()));
  context_->actors.put(names::supervisor, caf::actor_cast<caf::strong_actor_ptr>(root_));
  context_->access.open(*system_);
  heartbeat_ = std::make_unique<heartbeat>(*system_, root_);
}

std::optional<time_point> node::last_sign_of_life(time_point now) {
  return heartbeat_ ? heartbeat_->last_answer(now) : std::nullopt;
}

expected<void> node::begin_again(const std::string& reason, const interrupted& stop_requested) {
  log::node().warn("beginning again from what the database has: {}", reason);
  auto& status = context_->status;
  status.set_problem("database", "beginning again: " + reason);
  status.database_reachable = false;
  kill_actors();
  context_->metrics.database().begun_again->Increment();
  status.identity_idle_since = 0;
  start_watch watch(*context_, stop_requested);
  if (auto connected = connect(watch); !connected)
    return connected;
  static_cast<void>(status.take_begin_again()); // those who were killed may have asked as well
  start_actors();
  status.clear_problem("database");
  return {};
}

void node::kill_actors() {
  context_->access.close();
  context_->actors.erase(names::supervisor, root_.address());
  heartbeat_.reset();
  caf::anon_send_exit(root_, caf::exit_reason::kill);
  for (const auto& name : context_->actors.names())
    if (const auto actor = context_->actors.find(name))
      caf::anon_send_exit(caf::actor_cast<caf::actor>(actor), caf::exit_reason::kill);
  root_ = nullptr;
  system_.reset(); // waits for the end of all
}

std::uint16_t node::tunnel_port() const noexcept {
  return inspection_ ? inspection_->tunnel_port() : std::uint16_t{0};
}

bool node::stop() {
  if (!system_)
    return true;
  context_->status.draining = true;
  if (const auto cluster = context_->actors.find(names::cluster))
    caf::anon_send(cluster, begin_drain{});
  heartbeat_.reset();
  dataplane_->drain(context_->options.drain_timeout / 2);
  bool drained = false;
  {
    caf::scoped_actor self(*system_);
    self->monitor(root_);
    caf::anon_send(root_, stop_request{});
    self->receive([&](const caf::down_msg&) { drained = true; },
                  caf::after(context_->options.drain_timeout) >> [] {});
  }
  if (!drained) {
    log::node().error(
        "not everything stopped within drain-timeout-ms; the next start continues after the "
        "last committed batch");
    kill_actors();
  }
  context_->access.close();
  context_->actors.erase(names::supervisor, root_.address());
  root_ = nullptr;
  system_.reset();
  links_->stop();
  dataplane_->stop();
  if (postgres_)
    postgres_->stop();
  inspection_.reset();
  health_.reset();
  return drained;
}

} // namespace prism
