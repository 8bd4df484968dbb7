#include "actors/inspector/inspector.hpp"

#include "actors/inspector/run_command.hpp"

namespace prism {

inspector_state::inspector_state(self_pointer self, inspection_ptr context)
    : self_(self), context_(std::move(context)) {
  self_->set_down_handler([](const caf::down_msg&) {});
  self_->set_error_handler([](const caf::error&) {});
  self_->set_default_handler(caf::drop);
}

local_inspector_actor::behavior_type inspector_state::make_behavior() {
  return {[this](const operator_request& request) { return answer(request); },
          [this](const stop_request&) { self_->quit(); }};
}

caf::result<operator_reply> inspector_state::answer(const operator_request& request) {
  operator_identity who;
  const auto admitted = admit_request(*context_, request, who);
  if (!admitted)
    return admitted.error();
  const auto& what = **admitted;
  if (what.place == command_place::at_once)
    return run_command(*context_, what, who, request, nullptr);
  return hand_on(what.place == command_place::asking ? asking_ : database_,
                 {std::make_shared<const operator_request>(request), &what, std::move(who)});
}

caf::result<operator_reply> inspector_state::hand_on(std::size_t& waiting,
                                                     admitted_request admitted) {
  if (waiting == max_waiting)
    return refuse(operator_result::busy,
                  fmt::format("{} requests wait already: ask again later", max_waiting));
  const auto to = context_->lane(admitted.what->place);
  if (!to)
    return refuse(operator_result::failed, "the node stops");
  ++waiting;
  auto promise = self_->make_response_promise<operator_reply>();
  self_->request(to, caf::infinite, std::move(admitted))
      .then(
          [promise, &waiting](operator_reply& reply) mutable {
            --waiting;
            promise.deliver(std::move(reply));
          },
          [this, promise, &waiting](const caf::error& problem) mutable {
            --waiting;
            promise.deliver(refuse(operator_result::failed, describe(self_->system(), problem)));
          });
  return promise;
}

waiting_actor::behavior_type asking_state::make_behavior() {
  return {[this](const admitted_request& admitted) {
            return run_command(*context_, *admitted.what, admitted.who, *admitted.request, nullptr);
          },
          [](const tick&) {}};
}

} // namespace prism
