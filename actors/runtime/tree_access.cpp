#include "actors/runtime/tree_access.hpp"

namespace prism {

namespace {

/// A scoped_actor leaves the logger of its actor system in a thread-local variable, and the system
/// waits for its logger when it ends: for ever, if the thread lives on.
struct logger_release {
  logger_release() = default;
  ~logger_release() { caf::logger::set_current_actor_system(nullptr); }
  logger_release(const logger_release&) = delete;
  logger_release& operator=(const logger_release&) = delete;
};

} // namespace

std::optional<actor_status> tree_access::ask(const caf::strong_actor_ptr& actor,
                                             std::chrono::milliseconds limit) const {
  const std::shared_lock lock(mutex_);
  if (system_ == nullptr || !actor)
    return std::nullopt;
  std::optional<actor_status> out;
  const logger_release at_the_end;
  caf::scoped_actor self(*system_);
  self->request(caf::actor_cast<any_actor>(actor), limit, get_status{})
      .receive([&](const actor_status& status) { out = status; }, [](const caf::error&) {});
  return out;
}

} // namespace prism
