#include "actors/runtime/node_status.hpp"

#include <utility>

namespace prism {

void node_status::finish(exit_code code, std::string reason) {
  {
    const std::scoped_lock lock(mutex_);
    if (!exit_request_)
      exit_request_ = exit_request{code, std::move(reason)};
  }
  changed_.notify_all();
}

void node_status::begin_again(std::string reason) {
  {
    const std::scoped_lock lock(mutex_);
    if (!begin_again_)
      begin_again_ = std::move(reason);
  }
  changed_.notify_all();
}

std::optional<std::string> node_status::take_begin_again() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(begin_again_, std::nullopt);
}

void node_status::set_problem(const std::string& actor, std::string text) {
  const std::scoped_lock lock(mutex_);
  problems_[actor] = std::move(text);
}

void node_status::clear_problem(const std::string& actor) {
  const std::scoped_lock lock(mutex_);
  problems_.erase(actor);
}

readiness_facts node_status::facts() const {
  const std::scoped_lock lock(mutex_);
  readiness_facts out;
  out.database_reachable = database_reachable;
  out.schema_current = schema_current;
  out.firehose_running = firehose_running;
  out.draining = draining;
  if (exit_request_)
    out.ending = exit_request_->reason.empty() ? "requested" : exit_request_->reason;
  out.problems = problems_;
  return out;
}

} // namespace prism
