#include "core/reader_queue.hpp"

#include <algorithm>

namespace prism {

reader_queue::decision reader_queue::arrive(call_id call, time_point now) {
  if (readers_.empty())
    return {admission::no_reader};
  if (!idle_.empty()) {
    const auto reader = idle_.back();
    idle_.pop_back();
    readers_[reader] = {call, now + options_.max_time};
    return {admission::run, reader};
  }
  if (waiting_.size() >= options_.max_waiting)
    return {admission::overloaded};
  waiting_.push_back({call, now});
  return {admission::wait};
}

std::optional<reader_queue::assignment> reader_queue::join(reader_id reader) {
  if (!readers_.try_emplace(reader).second)
    return std::nullopt;
  return give_work(reader);
}

std::optional<reader_queue::assignment> reader_queue::finish(reader_id reader, call_id call) {
  const auto found = readers_.find(reader);
  if (found == readers_.end() || found->second.call != call)
    return std::nullopt;
  found->second = {};
  return give_work(reader);
}

std::optional<reader_queue::assignment> reader_queue::give_work(reader_id reader) {
  if (waiting_.empty()) {
    idle_.push_back(reader);
    return std::nullopt;
  }
  const auto next = waiting_.front();
  waiting_.pop_front();
  readers_[reader] = {next.call, next.since + options_.max_time};
  return assignment{next.call, reader};
}

std::vector<reader_queue::ended> reader_queue::leave(reader_id reader) {
  std::vector<ended> out;
  const auto found = readers_.find(reader);
  if (found == readers_.end())
    return out;
  if (found->second.call)
    out.push_back({*found->second.call, true});
  std::erase(idle_, reader);
  readers_.erase(found);
  if (readers_.empty()) {
    for (const auto& each : waiting_)
      out.push_back({each.call, false});
    waiting_.clear();
  }
  return out;
}

bool reader_queue::cancel(call_id call) {
  return std::erase_if(waiting_, [&](const waiter& each) { return each.call == call; }) != 0;
}

std::vector<reader_queue::ended> reader_queue::expire(time_point now) {
  std::vector<ended> out;
  while (!waiting_.empty() && now - waiting_.front().since >= options_.max_wait) {
    out.push_back({waiting_.front().call, false});
    waiting_.pop_front();
  }
  for (auto& [reader, work] : readers_)
    if (work.until && now >= *work.until) {
      out.push_back({*work.call, true});
      work.until.reset();
    }
  return out;
}

std::optional<time_point> reader_queue::next_expiry() const {
  std::optional<time_point> out;
  if (!waiting_.empty())
    out = waiting_.front().since + options_.max_wait;
  for (const auto& [reader, work] : readers_)
    if (work.until && (!out || *work.until < *out))
      out = work.until;
  return out;
}

} // namespace prism
