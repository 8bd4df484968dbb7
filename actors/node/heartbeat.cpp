#include "actors/node/heartbeat.hpp"

#include "actors/runtime/state_actor.hpp"

#include <atomic>

namespace prism {

namespace {

constexpr std::chrono::seconds interval{1};

using asker_actor = caf::typed_actor<takes<tick>>;

/// Asks the supervisor at every tick. A class, since CAF's actors of functions dereference a null
/// pointer when they start.
class asker_state {
public:
  using interface = asker_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "heartbeat";

  asker_state(self_pointer self, any_actor supervisor, std::function<void()> answered)
      : self_(self), supervisor_(std::move(supervisor)), answered_(std::move(answered)) {}

  interface::behavior_type make_behavior() {
    return {[this](const tick&) {
      self_->request(supervisor_, caf::infinite, get_status{})
          .then(
              [this](const actor_status&) { answered_(); },
              [](const caf::error&) {}); // it is gone, and with it the tree: nothing answers again
    }};
  }

private:
  self_pointer self_;
  any_actor supervisor_;
  std::function<void()> answered_;
};

} // namespace

struct heartbeat::shared {
  std::atomic<bool> waiting{false};
  std::atomic<steady_clock::rep> answered{0}; // 0: never
};

heartbeat::heartbeat(caf::actor_system& system, any_actor supervisor)
    : shared_(std::make_shared<shared>()) {
  std::function<void()> answered = [out = shared_] {
    out->answered = steady_clock::now().time_since_epoch().count();
    out->waiting = false;
  };
  asker_ = spawn_state<asker_state>(system, std::move(supervisor), std::move(answered));
}

heartbeat::~heartbeat() {
  caf::anon_send_exit(asker_, caf::exit_reason::user_shutdown);
}

std::optional<time_point> heartbeat::last_answer(time_point now) {
  if (!shared_->waiting && (!asked_ || now - *asked_ >= interval)) {
    asked_ = now;
    shared_->waiting = true;
    caf::anon_send(asker_, tick{});
  }
  const auto answered = shared_->answered.load();
  if (answered == 0)
    return std::nullopt;
  return time_point{steady_clock::duration{answered}};
}

} // namespace prism
