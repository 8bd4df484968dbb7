#include "actors/node_status.hpp"

namespace prism {

void node_status::finish(int exit_code, std::string reason) {
  {
    const std::scoped_lock lock(mutex_);
    if (!verdict_)
      verdict_ = verdict{exit_code, std::move(reason)};
  }
  changed_.notify_all();
}

} // namespace prism
