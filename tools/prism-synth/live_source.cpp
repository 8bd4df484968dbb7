#include "live_source.hpp"

#include "core/wall_clock.hpp"

#include <cstdio>
#include <fmt/format.h>

namespace prism::synth {

using std::chrono::steady_clock;

live_source::live_source(const options& how, model& expected)
    : how_(how), wanted_(static_cast<std::size_t>(how.stream.minutes * 60 * how.stream.rate) + 1),
      model_(expected) {}

net::frame_source::entry live_source::enter(std::optional<std::int64_t> cursor, bool from_start) {
  const auto next = oldest_ + window_.size();
  if (!cursor)
    return {.index = from_start ? oldest_ : next};
  if (*cursor > static_cast<std::int64_t>(next))
    return {.index = next, .future = true};
  const auto index = static_cast<std::size_t>(*cursor);
  if (index < oldest_)
    return {.index = oldest_, .outdated = index != 0};
  return {.index = index};
}

net::frame_source::found live_source::at(std::size_t index) {
  if (index < oldest_)
    return {.forgotten = true};
  while (index - oldest_ >= window_.size())
    if (!make_more())
      return {};
  auto frame = window_[index - oldest_];
  for (; window_.size() > how_.stream.window && oldest_ < index; ++oldest_)
    window_.pop_front();
  return {.frame = std::move(frame)};
}

std::optional<steady_clock::time_point> live_source::due(std::size_t index) const {
  return begin_ + std::chrono::nanoseconds{std::chrono::seconds{1}} *
                      static_cast<std::int64_t>(index + 1) / how_.stream.rate;
}

bool live_source::make_more() {
  if (!network_) {
    begin_ = steady_clock::now();
    const auto now = micros_since_1970();
    fmt::print(stderr, "streaming since {:.6f}\n", static_cast<double>(now) / 1e6);
    network_ = std::make_unique<network>(
        how_,
        [this](const frame& bytes) { window_.push_back(std::make_shared<const frame>(bytes)); },
        &model_, now);
  }
  if (oldest_ + window_.size() < wanted_) {
    network_->step();
    return true;
  }
  const std::lock_guard lock(mutex_);
  if (!outcome_) {
    const std::chrono::duration<double> took = steady_clock::now() - begin_;
    outcome_ = {oldest_ + window_.size(), network_->operations(), took.count(), {}};
    for (const auto& each : network_->accounts())
      if (each.gone)
        outcome_->gone.insert(each.did);
    changed_.notify_all();
  }
  return false;
}

std::optional<live_source::outcome> live_source::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return outcome_ || given_up_; });
  return outcome_;
}

void live_source::give_up() {
  const std::lock_guard lock(mutex_);
  given_up_ = true;
  changed_.notify_all();
}

} // namespace prism::synth
