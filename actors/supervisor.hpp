#pragma once

#include "actors/chaos_monkey.hpp"
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
  /// The actor name under which its restarts are counted, the same for all shards; empty: its own.
  std::string metrics_name{};
};

/// The place of a supervisor in the tree: its name, and whether it has no parent.
struct supervisor_place {
  std::string name{"supervisor"};
  bool root{true};
};

/// Starts its children in order, monitors them, and restarts those that fail, as core/supervision
/// decides. The node's directory maps the names of the children to their current actors. A failure
/// is logged with its reason, the last message and the number of earlier restarts.
///
/// A child may be a supervisor itself (`nested_supervisor`). One that gives up first stops its
/// children and then fails, which its parent treats like the failure of any child. The root ends
/// the node with `exit_code::gave_up` and leaves the restart to the service manager.
///
/// A node has one flat level of permanent children, one_for_one. Some run on demand: those that the
/// cluster places here (`arrange_children`). Nested supervisors and the other strategies are run by
/// tests only.
///
/// The root has the `chaos_monkey`.
class supervisor_state {
public:
  using interface = supervisor_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "supervisor";

  /// @param wanted the children on demand that run from the start (`supervision::arrange`).
  supervisor_state(self_pointer self, node_ptr node, supervision_options options,
                   std::vector<child_factory> children,
                   std::map<std::string, std::string> wanted = {}, supervisor_place place = {});
  /// Kills the children that are left, if the supervisor itself was killed.
  ~supervisor_state();
  supervisor_state(const supervisor_state&) = delete;
  supervisor_state& operator=(const supervisor_state&) = delete;

  interface::behavior_type make_behavior();

private:
  void carry_out(const supervision::actions& actions);
  void start(const std::string& child);
  void stop(const std::string& child);
  void restart(const restart_child& order);
  void on_child_down(const caf::down_msg& down);
  void report_failure(const std::string& child, const std::string& reason);
  void give_up(const std::string& reason);
  void schedule_chaos();
  void on_chaos_tick();
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
  chaos_monkey chaos_;
};

/// A child that is a supervisor with children of its own. Its time to stop is not limited, since
/// that of its children is.
[[nodiscard]] child_factory nested_supervisor(child_spec spec, node_ptr node,
                                              supervision_options options,
                                              std::vector<child_factory> children);

} // namespace prism
