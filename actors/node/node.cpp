#include "actors/node/node.hpp"

#include "actors/cluster/arrangement.hpp"
#include "actors/cluster/cluster.hpp"
#include "actors/cluster/remote_firehose.hpp"
#include "actors/cluster/remote_shard.hpp"
#include "actors/dataplane/reader.hpp"
#include "actors/firehose.hpp"
#include "actors/health_port.hpp"
#include "actors/identity.hpp"
#include "actors/inspector/inspection.hpp"
#include "actors/janitor.hpp"
#include "actors/metrics_exporter.hpp"
#include "actors/node/cluster_start.hpp"
#include "actors/node/database_check.hpp"
#include "actors/node/heartbeat.hpp"
#include "actors/node/start_errors.hpp"
#include "actors/node/start_watch.hpp"
#include "actors/pending_ops.hpp"
#include "actors/pool.hpp"
#include "actors/pool_monitor.hpp"
#include "actors/runtime/channels.hpp"
#include "actors/runtime/replication.hpp"
#include "actors/shard.hpp"
#include "actors/status_page/status_routes.hpp"
#include "actors/supervisor.hpp"
#include "actors/user_creation.hpp"
#include "config/render.hpp"
#include "core/backoff.hpp"
#include "core/version.hpp"
#include "db/index/progress.hpp"
#include "db/index/streams.hpp"
#include "db/pg/server_identity.hpp"
#include "db/pg/transaction.hpp"
#include "db/schema/migrator.hpp"
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

/// A child that is always restarted; its restarts are counted under the name of its class, so those
/// of all shards together.
template <class State, class... Args>
[[nodiscard]] child_factory permanent(std::string name, Args... args) {
  return {.spec = {std::move(name), restart_type::permanent},
          .make =
              [args...](caf::actor_system& system) {
                return caf::actor_cast<caf::strong_actor_ptr>(spawn_state<State>(system, args...));
              },
          .metrics_name = State::name};
}

[[nodiscard]] child_factory on_demand(child_factory child) {
  child.spec.on_demand = true;
  return child;
}

/// The firehose itself in the leader, else the proxy of the leader's.
[[nodiscard]] child_factory firehose_child(const node_ptr& node, const node_links_ptr& links) {
  auto out = on_demand(permanent<firehose_state>(names::firehose, node));
  out.make = [node, links](caf::actor_system& system) {
    const auto now = node->cluster.read();
    return caf::actor_cast<caf::strong_actor_ptr>(
        now->led_by_self()
            ? caf::actor_cast<caf::actor>(spawn_state<firehose_state>(system, node))
            : caf::actor_cast<caf::actor>(spawn_state<remote_firehose_state>(system, node, links)));
  };
  return out;
}

/// The shard itself where it is placed here, else the proxy of another node's.
[[nodiscard]] child_factory shard_child(const node_ptr& node, const node_links_ptr& links,
                                        std::size_t shard) {
  auto out = on_demand(permanent<shard_state>(names::shard(shard), node, shard));
  out.make = [node, links, shard](caf::actor_system& system) {
    return caf::actor_cast<caf::strong_actor_ptr>(
        node->cluster.token(shard)
            ? caf::actor_cast<caf::actor>(spawn_state<shard_state>(system, node, shard))
            : caf::actor_cast<caf::actor>(
                  spawn_state<remote_shard_state>(system, node, links, shard)));
  };
  return out;
}

[[nodiscard]] child_factory reader_child(const node_ptr& node, const dataplane_port_ptr& port,
                                         std::size_t number) {
  auto out = permanent<reader_state>(names::reader(number), node, port, number);
  out.make = [node, port, number](caf::actor_system& system) {
    return caf::actor_cast<caf::strong_actor_ptr>(
        spawn_state<reader_state, caf::detached>(system, node, port, number));
  };
  return out;
}

} // namespace

node::node(config::options options)
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
  std::unique_ptr<node> out{new node(std::move(options))};
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

expected<void> node::begin_new_stream(config::options options, const interrupted& stop_requested) {
  node once{std::move(options)};
  once.begins_anew_ = true;
  auto done = once.open_database(stop_requested);
  if (once.postgres_)
    once.postgres_->stop();
  return done;
}

expected<void> node::start_private_postgres(start_watch& watch) {
  db::embedded_options options;
  options.directory = std::filesystem::absolute(context_->options.data_dir) / "postgres";
  options.interrupted = [&watch] { return watch.stop_requested(); };
  log::node().info("no database-url: starting a private PostgreSQL in {}",
                   options.directory.string());
  watch.step("starting the private PostgreSQL");
  auto started =
      private_server::start(std::move(options), [context = context_](std::string reason) {
        context->status.finish(exit_code::unavailable, std::move(reason));
      });
  if (!started)
    return fail(started.error().code == errc::cancelled ? errc::cancelled : errc::fatal, "{}",
                started.error().message);
  postgres_ = std::move(*started);
  context_->conninfo = postgres_->conninfo();
  return {};
}

expected<void> node::open_database(const interrupted& stop_requested) {
  start_watch watch(*context_, stop_requested);
  context_->conninfo = context_->options.database_url;
  if (context_->conninfo.empty())
    if (auto started = start_private_postgres(watch); !started)
      return started;
  if (inspection_)
    inspection_->context().set_conninfo(context_->conninfo);
  return connect(watch);
}

expected<void> node::connect(start_watch& watch) {
  backoff pause(backoff_options{.min = std::chrono::milliseconds{500},
                                .max = std::chrono::milliseconds{10'000}});
  for (;;) {
    db::connect_options connect;
    connect.conninfo = context_->conninfo;
    connect.application_name = "prismd start";
    connect.known_server = context_->server;
    connect.cancel_grace = std::chrono::milliseconds{2'000}; // of a stop while a statement waits
    connect.gives_up = [&watch](const db::server_wait& wait) { return watch.gives_up(wait); };
    watch.step("connecting to the database");
    auto opened = db::connection::open(std::move(connect));
    if (!opened && code_at_start(opened.error()) != errc::transient)
      return fail(code_at_start(opened.error()), "the database cannot be used: {}",
                  opened.error().message);
    expected<void> ready =
        opened ? prepare(*opened, watch) : fail(errc::transient, "{}", opened.error().message);
    if (opened && opened->take_unreplicated())
      report_unreplicated(*context_);
    if (!ready && watch.stop_requested())
      return fail(errc::cancelled, "stopped at the start: {}", ready.error().message);
    // A database that goes away in between is retried as well. To claim the cursors twice, after a
    // COMMIT whose answer was lost, only takes a newer epoch.
    if (ready || ready.error().code != errc::transient)
      return ready;
    const auto delay = pause.next(0.5);
    log::node().warn("the database {} does not answer: {}; next attempt in {} ms",
                     db::mask_conninfo(context_->conninfo), ready.error().message, delay.count());
    watch.step("the database does not answer: " + ready.error().message);
    if (health_)
      static_cast<void>(health_->open());
    const auto until = std::chrono::steady_clock::now() + delay;
    while (std::chrono::steady_clock::now() < until) {
      // The private server may have been given up meanwhile.
      if (const auto ending = context_->status.wait(std::chrono::milliseconds{0}))
        return fail(errc::fatal, "{}", ending->reason);
      if (watch.stop_requested())
        return fail(errc::cancelled, "stopped while waiting for the database");
      std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
  }
}

expected<void> node::prepare(db::connection& connection, start_watch& watch) {
  if (auto suitable = check_database(connection); !suitable)
    return suitable;
  auto server = db::read_server_identity(connection);
  if (!server)
    return fail(code_at_start(server.error()), "cannot tell which server this is: {}",
                server.error().message);
  watch.step("bringing the schema up to date");
  const auto migrated = db::migrate(connection);
  if (!migrated)
    return fail(code_at_start(migrated.error()), "the schema cannot be brought up to date: {}",
                migrated.error().message);
  context_->status.schema_current = true;
  context_->status.database_reachable = true;
  if (begins_anew_)
    return begin_stream_anew(connection, server->incarnation);
  watch.step("joining the cluster");
  if (auto entered = enter_cluster(connection, *context_, *links_, server->incarnation); !entered)
    return entered;
  const auto base = db::stream_base(connection, context_->service);
  if (!base)
    return fail(code_at_start(base.error()), "the stream cannot be taken up: {}",
                base.error().message);
  context_->server = std::move(*server);
  context_->place_base = *base;
  context_->status.timeline = context_->server.timeline;
  log::node().info("{} {} with epoch {}, timeline {} of the database",
                   context_->cluster.leads(steady_clock::now()) ? "writing" : "helping to write",
                   context_->service, context_->status.epoch.load(), context_->server.timeline);
  return {};
}

expected<void> node::begin_stream_anew(db::connection& connection, const std::string& incarnation) {
  const auto base =
      db::begin_cluster_anew(connection, {.server_incarnation = incarnation}, context_->service);
  if (!base)
    return fail(code_at_start(base.error()), "the stream cannot begin anew: {}",
                base.error().message);
  log::node().info(
      "{} begins anew, behind everything that is indexed; the next start reads it from "
      "start-cursor",
      context_->service);
  return {};
}

void node::start_actors() {
  system_config_ = std::make_unique<caf::actor_system_config>();
  set_up_caf(*system_config_);
  system_ = std::make_unique<caf::actor_system>(*system_config_);
  std::vector<child_factory> children;
  children.push_back(permanent<metrics_exporter_state>(names::metrics, context_, health_));
  children.push_back(permanent<pool_state>(names::pool, context_));
  children.push_back(permanent<pool_monitor_state>(names::pool_monitor, context_));
  auto cluster = permanent<cluster_state>(names::cluster, context_, links_);
  cluster.make = [context = context_, links = links_](caf::actor_system& system) {
    return caf::actor_cast<caf::strong_actor_ptr>(
        spawn_state<cluster_state, caf::detached>(system, context, links));
  };
  children.push_back(std::move(cluster));
  children.push_back(permanent<user_creation_state>(names::user_creation, context_));
  children.push_back(permanent<pending_ops_state>(names::pending_ops, context_));
  children.push_back(permanent<identity_state>(names::identity, context_));
  if (dataplane_->port() != 0)
    for (std::size_t number = 0; number < context_->options.dataplane_readers; ++number)
      children.push_back(reader_child(context_, dataplane_, number));
  for (std::size_t shard = 0; shard < context_->options.shards; ++shard)
    children.push_back(shard_child(context_, links_, shard));
  children.push_back(firehose_child(context_, links_));
  children.push_back(on_demand(
      permanent<janitor_state>(names::janitor, context_, janitor_tasks(context_->options))));
  supervision_options options;
  options.max_restarts = 20 + 5 * (context_->options.shards + context_->options.dataplane_readers) +
                         2 * context_->options.chaos_kill_per_minute;
  root_ = caf::actor_cast<caf::actor>(spawn_state<supervisor_state>(
      *system_, context_, options, std::move(children), arrange_node(*context_->cluster.read())));
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
        "not everything stopped within drain-timeout; the next start continues after the "
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
