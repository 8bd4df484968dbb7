#include "db/embedded/embedded_postgres.hpp"

#include "db/embedded/directory_lock.hpp"
#include "db/embedded/embedded_starter.hpp"
#include "db/embedded/postmaster.hpp"

#include <algorithm>
#include <optional>
#include <spdlog/spdlog.h>

namespace prism::db {
namespace {

constexpr std::chrono::milliseconds hard_stop_timeout{10'000};

} // namespace

struct embedded_postgres::state {
  embedded_starter with;
  std::optional<child_process> child;
  std::filesystem::path log{};
};

expected<embedded_postgres> embedded_postgres::start(embedded_options options) {
  auto made =
      std::make_unique<state>(state{embedded_starter(std::move(options)), std::nullopt, {}});
  auto& with = made->with;
  if (auto done = with.prepare(); !done)
    return tl::unexpected(std::move(done.error()));
  made->log = with.paths().log();
  const auto lock = directory_lock::take(with.paths().lock(), with.until());
  if (!lock)
    return tl::unexpected(lock.error());
  const auto adopted = with.adopt_running();
  if (!adopted)
    return tl::unexpected(adopted.error());
  if (!*adopted) {
    auto ready = with.clear_stale_lock();
    if (ready)
      ready = with.make_cluster();
    if (!ready)
      return tl::unexpected(std::move(ready.error()));
    auto child = with.launch();
    if (!child)
      return tl::unexpected(std::move(child.error()));
    made->child.emplace(std::move(*child));
  }
  embedded_postgres server(std::move(made)); // stops the child if the rest fails
  auto ready = with.wait_ready(server.state_->child ? &*server.state_->child : nullptr);
  if (ready)
    ready = with.make_database();
  if (!ready)
    return tl::unexpected(std::move(ready.error()));
  spdlog::info("[DB] embedded PostgreSQL {} ({})", *adopted ? "already runs" : "started",
               server.conninfo());
  return server;
}

embedded_postgres::embedded_postgres(std::unique_ptr<state> started) : state_(std::move(started)) {}
embedded_postgres::embedded_postgres(embedded_postgres&&) noexcept = default;
embedded_postgres::~embedded_postgres() {
  stop();
}

std::string embedded_postgres::conninfo() const {
  return conninfo(state_->with.options().database);
}

std::string embedded_postgres::conninfo(const std::string& database) const {
  return state_->with.conninfo(database);
}

bool embedded_postgres::is_owned() const noexcept {
  return state_->child.has_value();
}

bool embedded_postgres::is_running() const {
  if (state_->child)
    return !state_->child->wait(std::chrono::milliseconds{0});
  return std::ranges::count(processes_in(state_->with.paths().data()), pid()) != 0;
}

pid_t embedded_postgres::pid() const noexcept {
  return state_->child ? state_->child->pid() : state_->with.running_pid();
}

const std::filesystem::path& embedded_postgres::log_file() const noexcept {
  return state_->log;
}

void embedded_postgres::stop() noexcept {
  if (!state_ || !state_->child)
    return;
  const auto& child = *state_->child;
  child.signal(SIGINT);
  if (!child.wait(state_->with.options().stop_timeout)) {
    spdlog::warn("[DB] the embedded PostgreSQL does not stop; it will recover at its next start");
    child.signal(SIGQUIT);
    static_cast<void>(child.wait(hard_stop_timeout));
  }
  state_->child.reset();
}

} // namespace prism::db
