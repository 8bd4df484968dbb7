// What a node does with its database before the actors start: it finds one, connects, makes it
// suitable, and takes up the stream.
#include "actors/health_port.hpp"
#include "actors/inspector/inspection.hpp"
#include "actors/node/cluster_start.hpp"
#include "actors/node/database_check.hpp"
#include "actors/node/node.hpp"
#include "actors/node/start_errors.hpp"
#include "actors/node/start_watch.hpp"
#include "actors/runtime/replication.hpp"
#include "core/backoff.hpp"
#include "db/cluster/cluster.hpp"
#include "db/index/streams.hpp"
#include "db/pg/server_identity.hpp"
#include "db/schema/migrator.hpp"
#include "log/log.hpp"

#include <thread>

namespace prism {

namespace {

// The pause before the next attempt to connect. Error: the start is to end instead.
[[nodiscard]] expected<void> wait_for(std::chrono::milliseconds delay, node_context& node,
                                      const start_watch& watch) {
  const auto until = std::chrono::steady_clock::now() + delay;
  while (std::chrono::steady_clock::now() < until) {
    // The private server may have been given up meanwhile.
    if (const auto ending = node.status.wait(std::chrono::milliseconds{0}))
      return fail(errc::fatal, "{}", ending->reason);
    if (watch.stop_requested())
      return fail(errc::cancelled, "stopped while waiting for the database");
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
  return {};
}

} // namespace

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
    // A database that goes away in between is retried as well. To join twice, after a COMMIT
    // whose answer was lost, replaces the first row, which has the same name.
    if (ready || ready.error().code != errc::transient)
      return ready;
    const auto delay = pause.next(0.5);
    log::node().warn("the database {} does not answer: {}; next attempt in {} ms",
                     db::mask_conninfo(context_->conninfo), ready.error().message, delay.count());
    watch.step("the database does not answer: " + ready.error().message);
    if (health_)
      static_cast<void>(health_->open());
    if (auto waited = wait_for(delay, *context_, watch); !waited)
      return waited;
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
    return begin_stream_anew(connection, server->start);
  watch.step("joining the cluster");
  if (auto entered = enter_cluster(connection, *context_, *links_, server->start); !entered)
    return entered;
  const auto base = db::stream_base(connection, context_->service);
  if (!base)
    return fail(code_at_start(base.error()), "the stream cannot be taken up: {}",
                base.error().message);
  context_->server = std::move(*server);
  context_->place_base = *base;
  context_->status.timeline = context_->server.timeline;
  log::node().info("this node {} stream {}: epoch {}, timeline {} of the database",
                   context_->cluster.leads(steady_clock::now()) ? "leads" : "follows the leader of",
                   context_->service, context_->status.epoch.load(), context_->server.timeline);
  return {};
}

expected<void> node::begin_stream_anew(db::connection& connection,
                                       const std::string& server_start) {
  const auto base =
      db::begin_cluster_anew(connection, {.server_start = server_start}, context_->service);
  if (!base)
    return fail(code_at_start(base.error()), "the stream cannot begin anew: {}",
                base.error().message);
  log::node().info(
      "{} begins anew, behind everything that is indexed; the next start reads it from "
      "start-cursor",
      context_->service);
  return {};
}

} // namespace prism
