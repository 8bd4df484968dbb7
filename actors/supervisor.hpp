#pragma once

#include "actors/runtime/node_context.hpp"
#include "core/supervision.hpp"
#include "messages/interfaces.hpp"

#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace prism {

/// How to make one child. The factory runs in the supervisor and must not block.
struct child_factory {
  child_spec spec;
  std::function<caf::strong_actor_ptr(caf::actor_system&)> make;
  /// How long it may take to stop by itself before it is killed.
  std::chrono::seconds patience{10};
};

/// Where a supervisor stands in the tree: its name, and whether nobody is above it.
struct supervisor_place {
  std::string name{"supervisor"};
  bool root{true};
};

/// Starts its children in order, watches them, and starts those again that fail, as
/// core/supervision decides. Children are known by their names in the node's directory. The report
/// of a failure says why, at which message, and how often the child was started again.
///
/// A child may be a supervisor (`nested_supervisor`). One that gives up has stopped its children
/// and fails, which its parent counts as the failure of any child. The root ends the node with exit
/// code 70 (EX_SOFTWARE) and leaves the restart to systemd.
///
/// For tests the root kills at random (`chaos-kill-per-minute`) its children or a database session,
/// each counted.
class supervisor_state {
public:
  using interface = supervisor_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "supervisor";

  supervisor_state(self_pointer self, node_ptr node, supervision_options options,
                   std::vector<child_factory> children, supervisor_place place = {});
  /// A supervisor that is killed takes its children along: nobody else would.
  ~supervisor_state();
  supervisor_state(const supervisor_state&) = delete;
  supervisor_state& operator=(const supervisor_state&) = delete;

  interface::behavior_type make_behavior();

private:
  void carry_out(const supervision::actions& actions);
  void start(const std::string& child);
  void stop(const std::string& child);
  void child_down(const caf::down_msg& down);
  void give_up(const std::string& why);
  void plan_chaos();
  void kill_random_actor();
  [[nodiscard]] std::vector<std::string> victims();
  [[nodiscard]] const child_factory& factory_of(const std::string& child) const;
  [[nodiscard]] metrics::actor_metrics metrics_of(const std::string& child) const;
  [[nodiscard]] std::uint64_t restarts_of(const std::string& child) const;
  [[nodiscard]] actor_status status() const;

  self_pointer self_;
  node_ptr node_;
  supervisor_place place_;
  std::vector<child_factory> factories_;
  supervision decisions_;
  std::map<caf::actor_addr, std::string> alive_;
  std::minstd_rand random_{std::random_device{}()};
};

/// A child that is a supervisor with children of its own. It has all the time it needs to stop
/// them.
[[nodiscard]] child_factory nested_supervisor(child_spec spec, node_ptr node,
                                              supervision_options options,
                                              std::vector<child_factory> children);

} // namespace prism
