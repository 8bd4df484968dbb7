#include "core/read_gate.hpp"

#include <algorithm>

namespace prism {

read_gate::decision read_gate::arrive(call_id call, time_point now) {
  if (readers_.empty())
    return {verdict::no_reader};
  if (!idle_.empty()) {
    const auto reader = idle_.back();
    idle_.pop_back();
    readers_[reader] = call;
    return {verdict::run, reader};
  }
  if (waiting_.size() >= options_.max_waiting)
    return {verdict::overloaded};
  waiting_.push_back({call, now});
  return {verdict::wait};
}

std::optional<read_gate::assignment> read_gate::join(reader_id reader) {
  if (!readers_.emplace(reader, std::nullopt).second)
    return std::nullopt;
  return give_work(reader);
}

std::optional<read_gate::assignment> read_gate::finish(reader_id reader) {
  const auto found = readers_.find(reader);
  if (found == readers_.end() || !found->second)
    return std::nullopt;
  found->second.reset();
  return give_work(reader);
}

std::optional<read_gate::assignment> read_gate::give_work(reader_id reader) {
  if (waiting_.empty()) {
    idle_.push_back(reader);
    return std::nullopt;
  }
  const auto next = waiting_.front().call;
  waiting_.pop_front();
  readers_[reader] = next;
  return assignment{next, reader};
}

std::vector<read_gate::call_id> read_gate::leave(reader_id reader) {
  std::vector<call_id> out;
  const auto found = readers_.find(reader);
  if (found == readers_.end())
    return out;
  if (found->second)
    out.push_back(*found->second);
  std::erase(idle_, reader);
  readers_.erase(found);
  if (readers_.empty()) {
    for (const auto& each : waiting_)
      out.push_back(each.call);
    waiting_.clear();
  }
  return out;
}

std::optional<read_gate::reader_id> read_gate::cancel(call_id call) {
  const auto waits =
      std::ranges::find(waiting_, call, [](const waiter& each) { return each.call; });
  if (waits != waiting_.end()) {
    waiting_.erase(waits);
    return std::nullopt;
  }
  for (const auto& [reader, work] : readers_)
    if (work == call)
      return reader;
  return std::nullopt;
}

std::vector<read_gate::call_id> read_gate::expire(time_point now) {
  std::vector<call_id> out;
  while (!waiting_.empty() && now - waiting_.front().since >= options_.max_wait) {
    out.push_back(waiting_.front().call);
    waiting_.pop_front();
  }
  return out;
}

} // namespace prism
