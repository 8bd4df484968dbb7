#include "db/embedded/embedded_postgres.hpp"

#include "db/embedded/directory_lock.hpp"
#include "db/embedded/embedded_starter.hpp"
#include "db/embedded/postmaster.hpp"
#include "log/log.hpp"

#include <algorithm>
#include <optional>

namespace prism::db {
namespace {

constexpr std::chrono::milliseconds immediate_stop_timeout{10'000};

} // namespace

struct embedded_postgres::state {
  embedded_starter starter;
  std::optional<child_process> child; // empty if the server was already running
};

expected<embedded_postgres> embedded_postgres::start(embedded_options options) {
  auto created = std::make_unique<state>(state{embedded_starter(std::move(options)), std::nullopt});
  auto& starter = created->starter;
  if (auto done = starter.prepare(); !done)
    return tl::unexpected(std::move(done.error()));
  const auto lock = directory_lock::take(starter.paths().lock(), starter.until());
  if (!lock)
    return tl::unexpected(lock.error());
  const auto adopted = starter.adopt_running();
  if (!adopted)
    return tl::unexpected(adopted.error());
  if (!*adopted) {
    auto ready = starter.clear_stale_lock();
    if (ready)
      ready = starter.create_cluster();
    if (!ready)
      return tl::unexpected(std::move(ready.error()));
    auto child = starter.launch();
    if (!child)
      return tl::unexpected(std::move(child.error()));
    created->child.emplace(std::move(*child));
  }
  embedded_postgres server(std::move(created)); // stops the child if the rest fails
  auto ready = starter.wait_ready(server.state_->child ? &*server.state_->child : nullptr);
  if (ready)
    ready = starter.create_database();
  if (!ready)
    return tl::unexpected(std::move(ready.error()));
  log::postgres().info("[DB] private PostgreSQL {} ({})",
                       *adopted ? "is already running" : "started", server.conninfo());
  return server;
}

embedded_postgres::embedded_postgres(std::unique_ptr<state> started) : state_(std::move(started)) {}
embedded_postgres::embedded_postgres(embedded_postgres&&) noexcept = default;
embedded_postgres::~embedded_postgres() {
  stop();
}

std::string embedded_postgres::conninfo() const {
  return conninfo(state_->starter.options().database);
}

std::string embedded_postgres::conninfo(const std::string& database) const {
  return state_->starter.conninfo(database);
}

bool embedded_postgres::is_running() const {
  if (state_->child)
    return !state_->child->wait(std::chrono::milliseconds{0});
  return std::ranges::count(processes_in(state_->starter.paths().data()), pid()) != 0;
}

std::string embedded_postgres::end_text() const {
  const auto status =
      state_->child ? state_->child->wait(std::chrono::milliseconds{0}) : std::optional<int>{};
  return status ? exit_text(*status) : "an unknown exit code";
}

pid_t embedded_postgres::pid() const noexcept {
  return state_->child ? state_->child->pid() : state_->starter.running_pid();
}

void embedded_postgres::stop() noexcept {
  if (!state_ || !state_->child)
    return;
  const auto& child = *state_->child;
  child.signal(SIGINT);
  if (!child.wait(state_->starter.options().stop_timeout)) {
    log::postgres().warn(
        "[DB] the private PostgreSQL does not stop; it will recover at its next start");
    child.signal(SIGQUIT);
    static_cast<void>(child.wait(immediate_stop_timeout));
  }
  state_->child.reset();
}

} // namespace prism::db
