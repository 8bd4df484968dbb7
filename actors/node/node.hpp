#pragma once

#include "actors/cluster/node_links.hpp"
#include "actors/dataplane/dataplane_port.hpp"
#include "actors/node/private_server.hpp"
#include "actors/runtime/node_context.hpp"
#include "core/clock.hpp"
#include "db/pg/connection.hpp"
#include "messages/interfaces.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace prism {

class health_port;
class inspection;
class heartbeat;
class start_watch;

/// A running node: database, actor system, supervision tree. One object per process in prismd;
/// tests may have several. Not movable; its members are called from one thread.
class node {
public:
  /// Called at least every 100 ms while the start waits for or in the database; true ends the wait.
  using interrupted = std::function<bool()>;

  /// Opens the health port, starts the private PostgreSQL if no database is named, waits for the
  /// database with backoff, checks its version and encoding, migrates it, joins the cluster
  /// and starts the actors. Blocks.
  /// Errors: `errc::cancelled` when interrupted; `errc::invalid` if prismd cannot work with this
  /// PostgreSQL or if `database-url`, or a file that it needs, is wrong; `errc::fatal` for
  /// everything else that a retry does not help. `exit_code_of` (actors/node/start_errors.hpp)
  /// gives the exit code.
  [[nodiscard]] static expected<std::unique_ptr<node>> start(config::options options,
                                                             const interrupted& stop_requested);

  /// Forgets where the relay of these options was read up to, since its numbers began anew, and
  /// ends: the next start reads it from `start-cursor`, behind everything that is indexed. Opens
  /// the database as `start` does, and has the same errors. May be repeated.
  [[nodiscard]] static expected<void> begin_new_stream(config::options options,
                                                       const interrupted& stop_requested);

  /// Calls `stop`.
  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  /// Drains: closes the source, lets running batches commit, stops all actors in reverse order.
  /// @returns whether that was done within `drain-timeout-ms`. If not, actors are killed and their
  /// transactions rolled back; the next start continues after the last committed batch.
  bool stop();

  /// The database is not in the state, or not the server, that the actors know: kills them, with
  /// all that they remember, connects again, and starts them from what is stored there. Nothing is
  /// lost: the relay is asked again from the stored cursors. Blocks as `start`, with the same
  /// errors.
  /// @param reason for the log
  [[nodiscard]] expected<void> begin_again(const std::string& reason,
                                           const interrupted& stop_requested);

  /// Asks the actors for a sign of life about once a second (actors/node/heartbeat.hpp), without
  /// waiting. @returns when the last one came; empty before the first.
  [[nodiscard]] std::optional<time_point> last_sign_of_life(time_point now);

  /// What the actors share.
  [[nodiscard]] node_context& context() noexcept { return *context_; }
  [[nodiscard]] caf::actor_system& system() noexcept { return *system_; }
  /// Where operators connect; 0: nowhere.
  [[nodiscard]] std::uint16_t tunnel_port() const noexcept;

private:
  explicit node(const config::options& options);

  [[nodiscard]] expected<void> start_private_postgres(start_watch& watch);
  [[nodiscard]] expected<void> open_database(const interrupted& stop_requested);
  [[nodiscard]] expected<void> prepare(db::connection& connection, start_watch& watch);
  [[nodiscard]] expected<void> begin_stream_anew(db::connection& connection,
                                                 const std::string& server_start);
  [[nodiscard]] expected<void> connect(start_watch& watch);
  void start_actors();
  void kill_actors();

  bool begins_anew_{false}; // `begin_new_stream`
  node_ptr context_;
  node_links_ptr links_;
  dataplane_port_ptr dataplane_;
  std::unique_ptr<private_server> postgres_;
  std::shared_ptr<health_port> health_;
  std::unique_ptr<inspection> inspection_;
  std::unique_ptr<caf::actor_system_config> system_config_;
  std::unique_ptr<caf::actor_system> system_;
  supervisor_actor root_;
  std::unique_ptr<heartbeat> heartbeat_;
};

} // namespace prism
