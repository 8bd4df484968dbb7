#include "actors/node/heartbeat.hpp"

#include <atomic>

namespace prism {

namespace {

constexpr std::chrono::seconds interval{1};

} // namespace

struct heartbeat::shared {
  std::atomic<bool> waiting{false};
  std::atomic<steady_clock::rep> answered{0}; // 0: never
};

heartbeat::heartbeat(caf::actor_system& system, const caf::actor& supervisor)
    : shared_(std::make_shared<shared>()) {
  asker_ = system.spawn([supervisor = caf::actor_cast<any_actor>(supervisor),
                         out = shared_](caf::event_based_actor* self) -> caf::behavior {
    return {[self, supervisor, out](tick) {
      self->request(supervisor, caf::infinite, get_status{})
          .then(
              [out](const actor_status&) {
                out->answered = steady_clock::now().time_since_epoch().count();
                out->waiting = false;
              },
              [](const caf::error&) {}); // it is gone, and with it the tree: nothing answers again
    }};
  });
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
