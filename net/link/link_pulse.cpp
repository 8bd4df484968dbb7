#include "net/link/link_pulse.hpp"

#include <algorithm>

namespace prism::net {

link_pulse::finding link_pulse::check(time_point now) const noexcept {
  if (now - heard_ >= limits_.silence_limit)
    return finding::silent;
  if (writing_since_ && now - *writing_since_ >= limits_.silence_limit)
    return finding::stuck;
  return finding::alive;
}

std::optional<std::uint64_t> link_pulse::ping_due(time_point now) noexcept {
  if (now < ping_at_)
    return std::nullopt;
  ping_at_ = now + limits_.ping_interval;
  pinged_ = now;
  answered_ = false;
  return ++ping_;
}

std::optional<steady_clock::duration> link_pulse::answered(std::uint64_t number,
                                                           time_point now) noexcept {
  if (answered_ || number != ping_)
    return std::nullopt;
  answered_ = true;
  return now - pinged_;
}

time_point link_pulse::next_check() const noexcept {
  auto out = std::min(ping_at_, heard_ + limits_.silence_limit);
  if (writing_since_)
    out = std::min(out, *writing_since_ + limits_.silence_limit);
  return out;
}

} // namespace prism::net
