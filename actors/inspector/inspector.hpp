#pragma once

#include "actors/inspector/admitted_request.hpp"
#include "actors/inspector/inspection_context.hpp"
#include "messages/operator.hpp"
#include "messages/types.hpp"

namespace prism {

/// The inspector as its owner has it.
using local_inspector_actor = inspector_actor::extend<takes<stop_request>>;

/// Answers operators. What reads shared state it answers itself, at once; what waits for actors or
/// for the database it hands to two actors with threads of their own, each with a bounded number of
/// requests. Those who are connected may send anything: it ends by `stop_request` only, which
/// cannot come over the network. The only scheduled actor of its system, so the worker is its own.
class inspector_state {
public:
  using interface = local_inspector_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "inspector";
  static constexpr bool ignores_exits = true;

  /// Requests that may wait for each of the two; a further one is answered with `busy`.
  static constexpr std::size_t max_waiting = 64;

  inspector_state(self_pointer self, inspection_ptr context);

  interface::behavior_type make_behavior();

private:
  [[nodiscard]] caf::result<operator_reply> answer(const operator_request& request);
  [[nodiscard]] caf::result<operator_reply> hand_on(std::size_t& waiting,
                                                    admitted_request admitted);

  self_pointer self_;
  inspection_ptr context_;
  std::size_t asking_{0}; // requests that wait there
  std::size_t database_{0};
};

/// Asks the node's actors. Detached.
class asking_state {
public:
  using interface = waiting_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "inspector_asking";

  asking_state(self_pointer, inspection_ptr context) : context_(std::move(context)) {}
  interface::behavior_type make_behavior();

private:
  inspection_ptr context_;
};

} // namespace prism
