#pragma once

#include "actors/runtime/node_context.hpp"
#include "core/rate_limited.hpp"
#include "db/jobs/jobs.hpp"
#include "db/pg/connection.hpp"
#include "messages/interfaces.hpp"

#include <optional>

namespace prism {

/// One database connection with its own thread: runs the pool's jobs one at a time. It connects for
/// its first job, which fails if the database is unreachable. Each result reports the state of the
/// connection, and the pool replaces a session that lost it. It blocks, so spawn it detached.
class db_session_state {
public:
  using interface = db_session_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "db_session";

  db_session_state(self_pointer self, node_ptr node) : self_(self), node_(std::move(node)) {}

  interface::behavior_type make_behavior();
  [[nodiscard]] actor_status status() const { return {name, {}}; }

private:
  [[nodiscard]] db::job_outcome run(const db::job& job, job_result::session_note& note,
                                    db::partial_report& partial);
  [[nodiscard]] db::outcome<void> ensure_connected();
  void count(const db::job_outcome& done);

  self_pointer self_;
  node_ptr node_;
  std::optional<db::connection> connection_;
  rate_limited<db::error_class> lines_{std::chrono::seconds{10}, 4};
};

} // namespace prism
