#include "core/call_stats.hpp"

#include <algorithm>

namespace prism {

namespace {

/// The entry of `key`, or of `call_stats::other` if there are too many.
template <class Value>
[[nodiscard]] Value& entry(std::map<std::string_view, Value>& in, std::string_view key,
                           std::size_t limit) {
  const auto found = in.find(key);
  if (found != in.end())
    return found->second;
  return in[in.size() < limit ? key : call_stats::other];
}

[[nodiscard]] bool is_slower(const slow_call& a, const slow_call& b) {
  return a.took > b.took;
}

void insert(std::vector<slow_call>& into, slow_call call) {
  into.insert(std::ranges::upper_bound(into, call, is_slower), std::move(call));
  if (into.size() > call_stats::max_slowest)
    into.pop_back();
}

void take_slower(std::optional<slow_call>& into, const std::optional<slow_call>& other) {
  if (other && (!into || is_slower(*other, *into)))
    into = other;
}

} // namespace

std::uint64_t method_calls::total() const noexcept {
  std::uint64_t out = 0;
  for (const auto& [status, count] : by_status)
    out += count;
  return out;
}

void call_stats::begin_part(time_point now) {
  const auto passed = now - current_.since;
  if (passed < window)
    return;
  if (passed < 2 * window) {
    const auto next = current_.since + window;
    previous_ = std::move(current_);
    current_ = {.since = next};
  } else { // nothing was called for a whole window
    previous_ = part{.since = now - window};
    current_ = {.since = now};
  }
}

void call_stats::add(const ended_call& call, time_point now,
                     const std::function<std::string()>& arguments) {
  begin_part(now);
  auto& method = entry(current_.methods, call.method, max_methods);
  ++entry(method.by_status, call.status, max_statuses);
  if (!call.timed)
    return;
  method.times.add(call.took);
  const bool of_method = !method.slowest || call.took > method.slowest->took;
  const bool of_all =
      current_.slowest.size() < max_slowest || call.took > current_.slowest.back().took;
  if (!of_method && !of_all)
    return;
  slow_call slow{call.method, call.status, call.took, now,
                 arguments().substr(0, max_argument_bytes)};
  if (of_method)
    method.slowest = slow;
  if (of_all)
    insert(current_.slowest, std::move(slow));
}

call_summary call_stats::read(time_point now) {
  begin_part(now);
  call_summary out{.during = now - (previous_ ? previous_->since : current_.since),
                   .methods = current_.methods,
                   .slowest = current_.slowest};
  if (!previous_)
    return out;
  for (const auto& [name, calls] : previous_->methods) {
    auto& into = out.methods[name];
    for (const auto& [status, count] : calls.by_status)
      into.by_status[status] += count;
    into.times.add(calls.times);
    take_slower(into.slowest, calls.slowest);
  }
  for (const auto& each : previous_->slowest)
    insert(out.slowest, each);
  return out;
}

} // namespace prism
