#include "core/host_limiter.hpp"

namespace prism {

namespace {

[[nodiscard]] bool closed(const circuit_breaker& circuit) noexcept {
  return circuit.current() == circuit_breaker::state::closed;
}

} // namespace

host_limiter::admission host_limiter::enter(std::string_view host, time_point now) {
  auto* known = hosts_.find(host);
  if (known == nullptr) {
    // A host with requests in flight must be kept, or its limits would not hold.
    if (hosts_.size() == hosts_.capacity() && hosts_.oldest()->value.in_flight > 0)
      return admission::busy;
    const auto evicted =
        hosts_.put(std::string{host}, host_state{circuit_breaker{options_.circuit},
                                                 {options_.rate, options_.burst, now}});
    if (evicted)
      count(closed(evicted->value.circuit), true);
    known = hosts_.find(host);
  }
  if (known->in_flight >= options_.max_in_flight)
    return admission::busy;
  // Last, since an open circuit that allows a request has used up its only probe.
  if (closed(known->circuit) && !known->tokens.take(now))
    return admission::rate;
  if (!known->circuit.allow(now))
    return admission::open;
  ++known->in_flight;
  return admission::admitted;
}

void host_limiter::leave(std::string_view host, result outcome, time_point now) {
  auto* known = hosts_.find_quietly(host);
  if (known == nullptr)
    return;
  --known->in_flight;
  const bool was_closed = closed(known->circuit);
  if (outcome == result::answered)
    known->circuit.succeeded();
  else if (outcome == result::failed)
    known->circuit.failed(now);
  else
    known->circuit.abandoned(now);
  count(was_closed, closed(known->circuit));
}

void host_limiter::count(bool was_closed, bool is_closed) noexcept {
  if (was_closed && !is_closed)
    ++open_;
  else if (!was_closed && is_closed)
    --open_;
}

} // namespace prism
