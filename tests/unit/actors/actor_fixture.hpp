#pragma once

#include "actors/runtime/node_context.hpp"
#include "actors/runtime/status_text.hpp"
#include "db/jobs/jobs.hpp"
#include "db/pg/connection.hpp"
#include "messages/interfaces.hpp"
#include "tests/support/receive_answer.hpp"
#include "tests/unit/actors/log_capture.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace prism::test {

/// How long a test waits on a busy machine before it fails.
inline constexpr std::chrono::seconds patience{60};

/// Whether `holds` became true in time.
[[nodiscard]] bool eventually(const std::function<bool()>& holds);

/// An actor system and a migrated database, without the rest of a node: tests add the actors they
/// need. The test itself is in the directory as "tester".
class actor_fixture {
public:
  explicit actor_fixture(config::options options = {});
  ~actor_fixture();
  actor_fixture(const actor_fixture&) = delete;
  actor_fixture& operator=(const actor_fixture&) = delete;

  /// Starts an actor and enters it in the directory under `name`.
  template <class State, class... Args>
  typename State::interface put(const std::string& name, Args... args) {
    return enter(name, spawn_state<State>(system, node, args...));
  }

  /// The same for an actor that blocks.
  template <class State, class... Args>
  typename State::interface put_detached(const std::string& name, Args... args) {
    return enter(name, spawn_state<State, caf::detached>(system, node, args...));
  }

  /// Sends a job to the pool; `outcome_of` the result waits for its end.
  [[nodiscard]] auto send(const pool_actor& pool, db::job job) {
    return self->request(pool, patience, run_job{std::make_shared<const db::job>(std::move(job))});
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
  [[nodiscard]] std::string field(const Actor& actor, const std::string& field_name) {
    std::string out;
    receive_answer(
        self->request(actor, patience, get_status{}),
        [&](const actor_status& status) {
          if (const auto* value = status.fields.if_contains(field_name))
            out = text_of(*value);
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
  void lead();
  template <class Actor>
  Actor enter(const std::string& name, Actor actor) {
    node->actors.put(name, caf::actor_cast<caf::strong_actor_ptr>(actor));
    spawned_.push_back(caf::actor_cast<caf::actor>(actor));
    return actor;
  }

  std::vector<caf::actor> spawned_;
};

/// While it lives, jobs that resolve the ids of users are blocked.
class users_table_lock {
public:
  explicit users_table_lock(const actor_fixture& bench);
  void release();
  /// Backends of the pool's sessions that wait for the table.
  [[nodiscard]] std::vector<std::int32_t> blocked_backends();

private:
  db::connection on_;
  db::connection watcher_; // a transaction would see one snapshot of the sessions to its end
};

} // namespace prism::test
