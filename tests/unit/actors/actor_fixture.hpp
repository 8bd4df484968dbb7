#pragma once

#include "actors/runtime/node_context.hpp"
#include "db/jobs/jobs.hpp"
#include "db/pg/connection.hpp"
#include "messages/interfaces.hpp"
#include "tests/support/receive_answer.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace prism::test {

/// How long a busy machine may take before a test gives up.
inline constexpr std::chrono::seconds patience{60};

/// Whether `holds` became true in time.
[[nodiscard]] bool eventually(const std::function<bool()>& holds);

/// Lines that were logged while this lives, with their level in front: "error pool: …". To be made
/// before the actors and to go after them: spdlog has no lock on who is told.
class log_capture {
public:
  log_capture();
  ~log_capture();
  log_capture(const log_capture&) = delete;
  log_capture& operator=(const log_capture&) = delete;

  [[nodiscard]] std::size_t count(std::string_view part) const;
  [[nodiscard]] std::string all() const;

private:
  struct shared;
  std::shared_ptr<shared> lines_;
};

/// An actor system and a migrated database, without the rest of a node: one actor at a time is put
/// on it. The test itself is known in the directory as "tester".
class actor_fixture {
public:
  explicit actor_fixture(config::options options = {});
  ~actor_fixture();
  actor_fixture(const actor_fixture&) = delete;
  actor_fixture& operator=(const actor_fixture&) = delete;

  /// Makes an actor known under its name in the tree.
  template <class State, class... Args>
  typename State::interface put(const std::string& name, Args... args) {
    auto who = spawn_state<State>(system, node, args...);
    node->actors.put(name, caf::actor_cast<caf::strong_actor_ptr>(who));
    spawned_.push_back(caf::actor_cast<caf::actor>(who));
    return who;
  }

  /// Sends a job to the pool; `outcome_of` what this gives waits for its end.
  [[nodiscard]] auto send(const pool_actor& pool, db::job what) {
    return self->request(pool, patience, run_job{std::make_shared<const db::job>(std::move(what))});
  }
  template <class Sent>
  [[nodiscard]] db::job_outcome outcome_of(Sent sent) {
    db::job_outcome out;
    receive_answer(
        sent, [&](const job_result& done) { out = *done.what; },
        [&](const caf::error& problem) {
          out = db::db_fail("XX000", "no answer: " + describe(system, problem));
        });
    return out;
  }

  /// One field of an actor's status.
  template <class Actor>
  [[nodiscard]] std::string field(const Actor& who, const std::string& wanted) {
    std::string out;
    receive_answer(
        self->request(who, patience, get_status{}),
        [&](const actor_status& status) {
          for (const auto& [name, value] : status.fields)
            if (name == wanted)
              out = value;
        },
        [&](const caf::error& problem) { out = describe(system, problem); });
    return out;
  }

  [[nodiscard]] db::connection connect() const;

  std::string database;
  node_ptr node;
  caf::actor_system_config config;
  caf::actor_system system;
  caf::scoped_actor self;

private:
  std::vector<caf::actor> spawned_;
};

/// While it lives, jobs that name users stand still.
class users_table_lock {
public:
  explicit users_table_lock(const actor_fixture& bench);
  void release();
  /// Backends of the pool's sessions that stand before the table.
  [[nodiscard]] std::vector<std::int32_t> blocked_backends();

private:
  db::connection on_;
  db::connection watcher_; // a transaction sees one picture of the sessions to its end
};

} // namespace prism::test
