#include "core/event_trace.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace prism {

std::uint64_t event_trace::start(subject of, limits allowed, time_point now) {
  const std::scoped_lock lock(mutex_);
  view fresh;
  fresh.id = state_.id + 1;
  fresh.of = std::move(of);
  fresh.active = true;
  fresh.until = now + allowed.time;
  state_ = std::move(fresh);
  wanted_ = state_.of.seq ? 1 : std::clamp<std::size_t>(allowed.events, 1, max_events);
  active_ = true;
  return state_.id;
}

void event_trace::stop() {
  const std::scoped_lock lock(mutex_);
  active_ = state_.active = false;
}

void event_trace::received(std::int64_t seq, std::string_view did, std::size_t bytes,
                           time_point now) {
  if (!active())
    return;
  const std::scoped_lock lock(mutex_);
  end_if_due(now);
  if (!state_.active)
    return;
  const bool wanted = state_.of.seq ? *state_.of.seq == seq : did == state_.of.did;
  if (!wanted || find(seq) != nullptr || state_.events.size() >= wanted_)
    return;
  state_.events.emplace_back().seq = seq;
  note(seq, "received", fmt::format("{} bytes from the relay", bytes), now, false);
}

void event_trace::reached(std::int64_t seq, std::string_view where, std::string detail,
                          time_point now) {
  if (!active())
    return;
  const std::scoped_lock lock(mutex_);
  note(seq, where, std::move(detail), now, false);
}

void event_trace::finished(std::int64_t seq, std::string_view where, std::string detail,
                           time_point now) {
  if (!active())
    return;
  const std::scoped_lock lock(mutex_);
  note(seq, where, std::move(detail), now, true);
  end_if_due(now);
}

event_trace::view event_trace::read(time_point now) {
  const std::scoped_lock lock(mutex_);
  end_if_due(now);
  return state_;
}

event_trace::event* event_trace::find(std::int64_t seq) noexcept {
  const auto found = std::ranges::find(state_.events, seq, &event::seq);
  return found == state_.events.end() ? nullptr : &*found;
}

void event_trace::note(std::int64_t seq, std::string_view where, std::string detail, time_point now,
                       bool last) {
  auto* const followed = find(seq);
  if (followed == nullptr || followed->finished)
    return;
  followed->finished = last;
  if (followed->hops.size() >= max_hops && !last) {
    ++followed->hops_left_out;
    return;
  }
  if (detail.size() > max_detail)
    detail.resize(max_detail);
  followed->hops.push_back({where, now, std::move(detail)});
}

void event_trace::end_if_due(time_point now) {
  const bool all = state_.events.size() >= wanted_ &&
                   std::ranges::all_of(state_.events, [](const event& e) { return e.finished; });
  if (state_.active && (all || now >= state_.until))
    active_ = state_.active = false;
}

} // namespace prism
