#include "tools/replay/replay_state.hpp"

#include <algorithm>

namespace prism::net {

template <class Predicate>
std::optional<replay_fault> replay_state::take(Predicate wanted) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(faults_left_.begin(), faults_left_.end(), wanted);
  if (found == faults_left_.end())
    return std::nullopt;
  auto fault = std::move(*found);
  faults_left_.erase(found);
  ++faults_fired;
  say("fault fired: " + to_string(fault));
  return fault;
}

std::optional<replay_fault> replay_state::take_fault_at(std::size_t index) {
  return take([index](const replay_fault& fault) {
    return fault.kind != fault_kind::delay_accept && fault.at == index;
  });
}

std::optional<replay_fault> replay_state::take_delay() {
  return take([](const replay_fault& fault) { return fault.kind == fault_kind::delay_accept; });
}

std::vector<replay_fault> replay_state::faults_left() const {
  const std::lock_guard lock(mutex_);
  return faults_left_;
}

} // namespace prism::net
