#include "core/cluster/node_machine.hpp"

#include <algorithm>

namespace prism::cluster {

namespace {

using action = round_request::lease_action;
using standing = node_decision::standing;

// Also the row of a node that died long ago is deleted; then only its name tells that another
// process has taken its place.
[[nodiscard]] bool is_replaced(const table& in, const node_id& node, const std::string& name) {
  for (const auto& each : in.members)
    if (each.id == node)
      return each.dead_reason == "replaced";
  return !name.empty() && std::any_of(in.members.begin(), in.members.end(), [&](const auto& each) {
    return !each.dead() && each.name == name;
  });
}

} // namespace

bool node_machine::must_resign() const noexcept {
  return state_.holds && (state_.stopping || (state_.draining && state_.has_heirs));
}

bool node_machine::may_take() const noexcept {
  return !state_.holds && !state_.stopping && !(state_.draining && state_.has_heirs);
}

round_request node_machine::begin_round(time_point now) {
  state_.hurried = false;
  state_.begun = now;
  round_request out;
  out.view = state_.view;
  out.draining = state_.stopping; // what an operator has said is in the table already
  if (must_resign()) {
    out.lease = action::resign;
    state_.trusted_until = {};
  } else if (state_.holds) {
    const auto fresh = times_.ttl - times_.margin() - times_.renewal();
    if (now >= state_.trusted_until - fresh)
      out.lease = action::renew;
  } else if (may_take() && (!state_.lease_free || now >= *state_.lease_free)) {
    out.lease = action::take;
  }
  if (out.lease == action::renew || out.lease == action::resign)
    out.epoch = state_.epoch;
  // Together with the lease, so that of a leader that dies none ends long after the other.
  out.renew_member = !state_.member_renewal || now >= *state_.member_renewal ||
                     out.lease == action::renew || out.lease == action::take;
  return out;
}

node_decision node_machine::on_table(const table& read, time_point now) {
  note_success(now);
  const auto* own = find_live(read, self_);
  if (own == nullptr) {
    state_.holds = false;
    state_.trusted_until = {};
    state_.succeeded_since.reset();
    return end(is_replaced(read, self_, state_.name) ? standing::replaced : standing::dead, now);
  }
  const auto epoch_before = state_.epoch;
  const bool trusted = leads(now);
  read_members(read, *own);
  read_lease(read, now);
  auto out = end(standing::member, now);
  // The lead was lost and gained again if it is another one, or if the trust had ended.
  if (out.became_leader || !state_.reported || (trusted && state_.epoch == epoch_before))
    return out;
  out.lost_lead = out.became_leader = true;
  return out;
}

node_decision node_machine::on_failed(time_point now) {
  state_.succeeded.reset();
  state_.succeeded_since.reset();
  return end(standing::member, now);
}

void node_machine::note_success(time_point now) {
  if (!state_.succeeded || !state_.succeeded_since || now - *state_.succeeded > times_.renewal())
    state_.succeeded_since = now;
  state_.succeeded = state_.begun;
}

void node_machine::read_members(const table& read, const member& own) {
  state_.name = own.name;
  state_.view = std::max(state_.view, read.view);
  state_.draining = state_.stopping || own.draining;
  // It was read after the round had begun, so what it says lasts at least that long from there on.
  state_.member_renewal =
      state_.begun + std::min(own.expires_in, times_.ttl) - (times_.ttl - times_.renewal());
  if (own.view != state_.view || own.draining != state_.draining)
    state_.member_renewal.reset();
  state_.has_heirs = std::any_of(read.members.begin(), read.members.end(), [&](const auto& each) {
    return each.id != self_ && !each.dead() && !each.draining && each.expires_in.count() > 0;
  });
}

void node_machine::read_lease(const table& read, time_point now) {
  const auto& lead = read.lead;
  state_.holds = lead.holder == self_;
  state_.trusted_until = {};
  if (state_.holds) {
    state_.epoch = lead.epoch;
    if (!state_.stopping)
      state_.trusted_until = state_.begun + std::min(lead.expires_in, times_.ttl) - times_.margin();
  }
  // A millisecond more, as that was rounded.
  const bool free = lead.expires_in.count() <= 0 || find_live(read, lead.holder) == nullptr;
  state_.lease_free = free ? now : now + lead.expires_in + std::chrono::milliseconds{1};
}

node_decision node_machine::end(standing how, time_point now) {
  node_decision out;
  out.self = how;
  const bool leading = leads(now);
  out.became_leader = leading && !state_.reported;
  out.lost_lead = !leading && state_.reported;
  state_.reported = leading;
  plan_next(now);
  out.next = next_round();
  return out;
}

void node_machine::plan_next(time_point now) {
  state_.answered = now;
  state_.next = state_.begun + times_.round();
  if (must_resign())
    state_.next = now;
  else if (may_take() && state_.lease_free)
    state_.next = std::min(state_.next, *state_.lease_free);
  state_.next = std::max(state_.next, now + min_pause);
}

time_point node_machine::next_round() const noexcept {
  return state_.hurried ? state_.answered + min_pause : state_.next;
}

bool node_machine::may_declare_dead(time_point now) const noexcept {
  return state_.succeeded_since && state_.succeeded &&
         now - *state_.succeeded_since >= times_.ttl && now - *state_.succeeded <= times_.renewal();
}

} // namespace prism::cluster
