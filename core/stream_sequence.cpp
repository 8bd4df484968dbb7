#include "core/stream_sequence.hpp"

#include <algorithm>
#include <utility>

namespace prism {

bool read_numbers::contains(std::int64_t number) const noexcept {
  const auto after = std::ranges::upper_bound(intervals_, number, {}, &interval::first);
  return after != intervals_.begin() && std::prev(after)->last >= number;
}

void read_numbers::add(std::int64_t number) {
  auto after = std::ranges::upper_bound(intervals_, number, {}, &interval::first);
  const bool joins_next = after != intervals_.end() && after->first == number + 1;
  if (after != intervals_.begin()) {
    const auto before = std::prev(after);
    if (before->last >= number)
      return;
    if (before->last == number - 1) {
      before->last = joins_next ? after->last : number;
      if (joins_next)
        intervals_.erase(after);
      return;
    }
  }
  if (joins_next) {
    after->first = number;
    return;
  }
  intervals_.insert(after, {number, number});
  if (intervals_.size() > capacity_) {
    intervals_[1].first = intervals_[0].first;
    intervals_.pop_front();
  }
}

stream_sequence::arrival stream_sequence::arrived(std::int64_t seq, time_point now) {
  const auto reached = std::max<std::int64_t>(highest_, 0);
  if (seq <= reached)
    return below(seq, now);
  if (seq - reached <= greatest_step)
    return reach(seq, now);
  return leap(seq, now);
}

// In order. An unconfirmed leap was a stray: the stream goes on below it.
stream_sequence::arrival stream_sequence::reach(std::int64_t seq, time_point now) {
  const auto back = went_back_at();
  arrival out{.order = arrival_order::in_order,
              .strays = std::exchange(leap_, {}),
              .recovered = back && now >= *back};
  read_.add(seq);
  highest_ = seq;
  apart_ = 0;
  below_ = 0;
  below_since_.reset();
  refused_since_.reset();
  return out;
}

stream_sequence::arrival stream_sequence::leap(std::int64_t seq, time_point now) {
  if (std::ranges::binary_search(leap_, seq))
    return {.order = arrival_order::repeated};
  if (!may_take_apart(now))
    return {.order = arrival_order::refused};
  arrival out{.order = arrival_order::far_ahead};
  if (!leap_.empty() && seq < leap_.back())
    out.strays = std::exchange(leap_, {});
  if (leap_.empty())
    leap_since_ = now;
  leap_.push_back(seq);
  if (leap_.size() < confirming_frames && (leap_.size() < 2 || now - leap_since_ < confirming_time))
    return out;
  // What came before in the leap was taken already; only now may the cursor follow.
  for (const auto number : std::exchange(leap_, {}))
    read_.add(number);
  auto confirmed = reach(seq, now);
  confirmed.strays = std::move(out.strays);
  return confirmed;
}

stream_sequence::arrival stream_sequence::below(std::int64_t seq, time_point now) {
  // A relay that takes our cursor as included sends the last frame again: no sign of anything.
  if (seq == highest_)
    return {.order = arrival_order::repeated};
  if (below_++ == 0)
    below_since_ = now;
  if (read_.contains(seq))
    return {.order = arrival_order::repeated};
  if (!may_take_apart(now))
    return {.order = arrival_order::refused};
  read_.add(seq);
  return {.order = arrival_order::late};
}

bool stream_sequence::may_take_apart(time_point now) {
  if (apart_ < most_apart) {
    ++apart_;
    return true;
  }
  if (!refused_since_)
    refused_since_ = now;
  return false;
}

std::optional<time_point> stream_sequence::went_back_at() const noexcept {
  std::optional<time_point> since = refused_since_;
  if (below_ >= alarming_frames)
    since = since ? std::min(*since, *below_since_) : *below_since_;
  return since ? std::optional{*since + alarming_time} : std::nullopt;
}

} // namespace prism
