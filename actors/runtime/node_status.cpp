#include "actors/runtime/node_status.hpp"

namespace prism {

void node_status::finish(int exit_code, std::string reason) {
  {
    const std::scoped_lock lock(mutex_);
    if (!exit_request_)
      exit_request_ = exit_request{exit_code, std::move(reason)};
  }
  changed_.notify_all();
}

void node_status::set_problem(const std::string& who, std::string text) {
  const std::scoped_lock lock(mutex_);
  problems_[who] = std::move(text);
}

void node_status::clear_problem(const std::string& who) {
  const std::scoped_lock lock(mutex_);
  problems_.erase(who);
}

readiness_facts node_status::facts() const {
  const std::scoped_lock lock(mutex_);
  readiness_facts out;
  out.database_reachable = database_reachable;
  out.schema_current = schema_current;
  out.firehose_running = firehose_running;
  out.draining = draining;
  if (exit_request_)
    out.ending = exit_request_->reason.empty() ? "asked to" : exit_request_->reason;
  out.problems = problems_;
  return out;
}

} // namespace prism
