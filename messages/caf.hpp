#pragma once

/// Everything that is peculiar to CAF 0.17 and that a move to CAF 1.x would touch: its headers,
/// state classes on top of its class-based actors, and permission to send values that never leave
/// the process.

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#include <caf/all.hpp>
#pragma GCC diagnostic pop

#include <functional>
#include <memory>
#include <string>
#include <utility>

/// Declares a message type that is sent inside the process only.
#define PRISM_LOCAL_MESSAGE(type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(type)

namespace prism {

/// An actor whose state and behaviour are one class:
///
///     struct counter_state {
///       using interface = counter_actor; // a caf::typed_actor
///       using self_pointer = interface::pointer;
///       static constexpr const char* name = "counter";
///       counter_state(self_pointer self, int start);
///       interface::behavior_type make_behavior();
///     };
///
/// The state lives from the actor's first message to its last; exceptions in a handler end the
/// actor with their text as reason.
template <class State>
class state_actor : public State::interface::base {
public:
  using base = typename State::interface::base;
  using behavior_type = typename State::interface::behavior_type;

  template <class... Args>
  explicit state_actor(caf::actor_config& config, Args... args)
      : base(config), make_([args...](typename State::self_pointer self) {
          return std::make_unique<State>(self, args...);
        }) {
    this->set_exception_handler([](std::exception_ptr& problem) -> caf::error {
      try {
        std::rethrow_exception(problem);
      } catch (const std::exception& what) {
        return caf::make_error(caf::sec::runtime_error, std::string{what.what()});
      } catch (...) {
        return caf::make_error(caf::sec::runtime_error, "an exception of unknown type");
      }
    });
  }

  const char* name() const override { return State::name; }

  behavior_type make_behavior() override {
    state_ = make_(this);
    return state_->make_behavior();
  }

  void on_exit() override {
    state_.reset();
    base::on_exit();
  }

private:
  std::function<std::unique_ptr<State>(typename State::self_pointer)> make_;
  std::unique_ptr<State> state_;
};

/// Spawns a state class. `Options` are CAF's, such as `caf::detached` for actors that block.
template <class State, caf::spawn_options Options = caf::no_spawn_options, class... Args>
[[nodiscard]] typename State::interface spawn_state(caf::actor_system& system, Args... args) {
  return system.spawn<state_actor<State>, Options>(std::move(args)...);
}

/// Why an actor ended, as a sentence.
[[nodiscard]] inline std::string describe(caf::actor_system& system, const caf::error& reason) {
  return reason ? system.render(reason) : "normal";
}

} // namespace prism
