#pragma once

#include "actors/dataplane/dataplane_port.hpp"
#include "actors/dataplane/reader_session.hpp"
#include "core/backoff.hpp"
#include "core/rate_limited.hpp"
#include "log/line_limit.hpp"
#include "messages/interfaces.hpp"

#include <map>
#include <memory>
#include <optional>

namespace prism {

/// Answers the data plane's calls, one at a time, from a database session of its own. While it has
/// none it takes no calls and tries again. It blocks, so spawn it detached.
class reader_state {
public:
  using interface = reader_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "reader";

  /// @param number of readers, from 0; the first one watches how far a replica is behind, and opens
  ///   the port's own session
  reader_state(self_pointer self, node_ptr node, dataplane_port_ptr port, std::size_t number);
  ~reader_state();
  reader_state(const reader_state&) = delete;
  reader_state& operator=(const reader_state&) = delete;

  interface::behavior_type make_behavior();

private:
  using call_ptr = std::shared_ptr<const dataplane::pending_call>;

  [[nodiscard]] actor_status status() const;
  void connect();
  void lose_session(const std::string& why);
  void answer(const read_call& call);
  [[nodiscard]] call_outcome run(const dataplane::pending_call& call,
                                 const db::known_identity* identity = nullptr);
  /// The call lacks an identity: it is set aside until that is looked up.
  void wait_for_identity(const call_ptr& call, db::wanted_identity wanted);
  void on_identity(const call_ptr& call, const identity_resolved& found);
  /// Opens a session for the port, if it has none.
  void lend();
  void look_at_staleness();

  self_pointer self_;
  node_ptr node_;
  dataplane_port_ptr port_;
  std::size_t number_;
  std::unique_ptr<reader_session> session_;
  std::optional<dataplane_port::reader_id> joined_;
  backoff pause_;
  backoff pause_of_port_;
  time_point next_lend_{};                  // no earlier
  std::map<std::uint64_t, call_ptr> aside_; // by their ids: they wait for an identity
  std::uint64_t answered_{0};
  std::string last_error_; // why there was no session
  log::line_limit<std::string> lines_{std::chrono::minutes{1}, 1};
  time_point next_look_{};
};

} // namespace prism
