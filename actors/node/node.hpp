#pragma once

#include "actors/runtime/node_context.hpp"
#include "db/embedded/embedded_postgres.hpp"
#include "db/pg/connection.hpp"
#include "messages/interfaces.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace prism {

/// A running node: database, actor system, supervision tree. One object per process in prismd;
/// tests may have several. Not movable; its members are called from one thread.
class node {
public:
  /// Asked while the start waits for the database; true ends the wait.
  using interrupted = std::function<bool()>;

  /// Starts the private PostgreSQL if no database is named, waits for the database with backoff,
  /// migrates it, takes over the cursors and starts the actors. Blocks.
  /// Errors: `errc::cancelled` when interrupted; `errc::fatal` for what a person has to mend.
  [[nodiscard]] static expected<std::unique_ptr<node>> start(config::options options,
                                                             const interrupted& stop_asked);

  /// As `stop`.
  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  /// Drains: closes the source, lets running batches commit, stops all actors in reverse order.
  /// @returns whether all was done within the drain timeout; what was not is left to the next
  /// start.
  bool stop();

  /// What the actors share, for status and tests.
  [[nodiscard]] node_context& context() noexcept { return *context_; }
  [[nodiscard]] caf::actor_system& system() noexcept { return *system_; }

private:
  explicit node(config::options options);

  [[nodiscard]] expected<void> open_database(const interrupted& stop_asked);
  [[nodiscard]] expected<void> prepare(db::connection& on);
  void start_actors();

  std::optional<db::embedded_postgres> postgres_;
  node_ptr context_;
  std::unique_ptr<caf::actor_system_config> system_config_;
  std::unique_ptr<caf::actor_system> system_;
  caf::actor root_; // the supervisor
};

} // namespace prism
