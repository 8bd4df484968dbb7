#pragma once

#include "actors/node_context.hpp"
#include "core/supervision.hpp"
#include "messages/interfaces.hpp"

#include <functional>
#include <map>
#include <random>
#include <vector>

namespace prism {

/// How to make one child. The factory runs in the supervisor and must not block.
struct child_factory {
  child_spec spec;
  std::function<caf::strong_actor_ptr(caf::actor_system&)> make;
};

/// Starts its children in order, watches them, and starts those again that fail, as
/// core/supervision decides. Children are known by their names in the node's directory. When it
/// gives up, it ends the node with exit code 70 (EX_SOFTWARE) and leaves the restart to systemd.
/// The report of a failure says why, at which message, and how often the child was started again.
///
/// For tests it kills children at random (`chaos-kill-per-minute`), each counted.
class supervisor_state {
public:
  using interface = supervisor_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "supervisor";

  /// How long a child may take to stop by itself before it is killed.
  static constexpr std::chrono::seconds stop_patience{10};

  supervisor_state(self_pointer self, node_ptr node, supervision_options options,
                   std::vector<child_factory> children);

  interface::behavior_type make_behavior();

private:
  void carry_out(const supervision::actions& actions);
  void start(const std::string& child);
  void stop(const std::string& child);
  void child_down(const caf::down_msg& down);
  void plan_chaos();
  void kill_somebody();
  [[nodiscard]] std::uint64_t restarts_of(const std::string& child) const;
  [[nodiscard]] actor_status status() const;

  self_pointer self_;
  node_ptr node_;
  std::vector<child_factory> factories_;
  supervision decisions_;
  std::map<caf::actor_addr, std::string> alive_;
  std::minstd_rand random_{std::random_device{}()};
};

} // namespace prism
