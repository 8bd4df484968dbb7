#pragma once

/// State classes on top of CAF 0.17's class-based actors: the base of all our actors.

#include "actors/runtime/actor_load.hpp"
#include "core/thread_sanitizer.hpp"
#include "messages/caf.hpp"

#include <functional>
#include <memory>
#include <string>
#include <typeinfo>
#include <utility>

namespace prism {

/// Every actor of ours can be observed by any thread that keeps it alive.
class observed_actor {
public:
  [[nodiscard]] virtual const actor_activity& activity() const noexcept = 0;

protected:
  ~observed_actor() = default;
};

/// Informs ThreadSanitizer that CAF never runs an actor on two threads at once.
class turn_of_actor {
public:
  explicit turn_of_actor(const void* actor) noexcept : actor_(actor) { tsan::acquire(actor_); }
  ~turn_of_actor() { tsan::release(actor_); }
  turn_of_actor(const turn_of_actor&) = delete;
  turn_of_actor& operator=(const turn_of_actor&) = delete;

private:
  const void* actor_;
};

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
/// With `static constexpr bool ignores_exits = true;` exit messages are dropped, also those that
/// kill: for an actor that other machines can reach.
///
/// The state lives from the actor's first message to its last. An exception in a handler ends the
/// actor with its text as the reason. Every message is counted under the state's name, if
/// `metrics_of_actor` finds the metrics in the arguments.
template <class State>
class state_actor : public State::interface::base, public observed_actor {
public:
  using base = typename State::interface::base;
  using behavior_type = typename State::interface::behavior_type;

  template <class... Args>
  explicit state_actor(caf::actor_config& config, Args... args)
      : base(config), make_([args...](typename State::self_pointer self) {
          return std::make_unique<State>(self, args...);
        }),
        load_(metrics_of_actor(State::name, args...)) {
    this->set_exception_handler([](std::exception_ptr& problem) -> caf::error {
      try {
        std::rethrow_exception(problem);
      } catch (const std::exception& error) {
        return caf::make_error(caf::sec::runtime_error, std::string{error.what()});
      } catch (...) {
        return caf::make_error(caf::sec::runtime_error, "an exception of unknown type");
      }
    });
    tsan::release(this);
  }

  ~state_actor() override { tsan::acquire(this); }
  state_actor(const state_actor&) = delete;
  state_actor& operator=(const state_actor&) = delete;

  const char* name() const override { return State::name; }

  [[nodiscard]] const actor_activity& activity() const noexcept override {
    return load_.activity();
  }

  void initialize() override {
    const turn_of_actor turn(this);
    base::initialize();
  }

  behavior_type make_behavior() override {
    state_ = make_(this);
    return state_->make_behavior();
  }

  using base::enqueue;

  void enqueue(caf::mailbox_element_ptr message, caf::execution_unit* unit) override {
    tsan::release(message.get());
    load_.arrived(type_of(message->content()));
    base::enqueue(std::move(message), unit);
  }

  caf::invoke_message_result consume(caf::mailbox_element& message) override {
    const turn_of_actor turn(this);
    tsan::acquire(&message);
    if constexpr (requires { State::ignores_exits; })
      if (message.content().template match_elements<caf::exit_msg>())
        return caf::invoke_message_result::dropped;
    const actor_load::handling counted(load_, type_of(message.content()));
    return base::consume(message);
  }

  void on_exit() override {
    const turn_of_actor turn(this);
    state_.reset();
    load_.ended();
    base::on_exit();
  }

private:
  /// Of its first element; CAF's own messages have none.
  [[nodiscard]] static const std::type_info* type_of(const caf::type_erased_tuple& content) {
    return content.empty() ? nullptr : content.type(0).second;
  }

  std::function<std::unique_ptr<State>(typename State::self_pointer)> make_;
  std::unique_ptr<State> state_;
  actor_load load_; // its metrics are kept alive by the arguments in `make_`
};

/// Spawns a state class. `Options` are CAF's, such as `caf::detached` for actors that block.
template <class State, caf::spawn_options Options = caf::no_spawn_options, class... Args>
[[nodiscard]] typename State::interface spawn_state(caf::actor_system& system, Args... args) {
  return system.spawn<state_actor<State>, Options>(std::move(args)...);
}

/// What one of our actors does; null for other actors. Valid while `actor` is held.
[[nodiscard]] inline const actor_activity* activity_of(const caf::strong_actor_ptr& actor) {
  const auto* abstract = actor ? caf::actor_cast<caf::abstract_actor*>(actor) : nullptr;
  const auto* observed = dynamic_cast<const observed_actor*>(abstract);
  return observed != nullptr ? &observed->activity() : nullptr;
}

/// Why an actor ended, as a sentence.
[[nodiscard]] inline std::string describe(caf::actor_system& system, const caf::error& reason) {
  return reason ? system.render(reason) : "normal";
}

} // namespace prism
