#include "actors/supervisor.hpp"

#include <algorithm>
#include <spdlog/spdlog.h>

namespace prism {

namespace {

[[nodiscard]] supervision make_decisions(const supervision_options& options,
                                         const std::vector<child_factory>& children) {
  std::vector<child_spec> specs;
  for (const auto& child : children)
    specs.push_back(child.spec);
  auto made = supervision::make(options, std::move(specs));
  if (!made)
    throw std::logic_error("supervisor: " + made.error().message);
  return std::move(*made);
}

// Exit reasons that a child has when it ended as it was asked to.
[[nodiscard]] exit_kind kind_of(const caf::error& reason) {
  const bool normal = !reason || reason == caf::exit_reason::normal;
  return normal ? exit_kind::normal : exit_kind::abnormal;
}

} // namespace

supervisor_state::supervisor_state(self_pointer self, node_ptr node, supervision_options options,
                                   std::vector<child_factory> children)
    : self_(self), node_(std::move(node)), factories_(std::move(children)),
      decisions_(make_decisions(options, factories_)) {
  self_->set_down_handler([this](const caf::down_msg& down) { child_down(down); });
}

supervisor_actor::behavior_type supervisor_state::make_behavior() {
  carry_out(decisions_.start(steady_clock::now()));
  plan_chaos();
  return {[this](const tick&) { carry_out(decisions_.timer_fired(steady_clock::now())); },
          [this](const chaos_tick&) {
            kill_somebody();
            plan_chaos();
          },
          [this](const stop_request&) { carry_out(decisions_.stop_requested()); },
          [this](const get_status&) { return status(); }};
}

void supervisor_state::carry_out(const supervision::actions& actions) {
  using kind = supervision_action::kind;
  for (const auto& action : actions)
    switch (action.what) {
    case kind::start:
      start(action.name);
      break;
    case kind::stop:
      stop(action.name);
      break;
    case kind::wake:
      self_->delayed_send(
          self_, std::max(action.at - steady_clock::now(), steady_clock::duration::zero()), tick{});
      break;
    case kind::escalate:
      spdlog::error("supervisor gives up: {}", action.text);
      node_->status.finish(70, action.text);
      self_->quit(caf::exit_reason::unhandled_exception);
      break;
    case kind::done:
      self_->quit();
      break;
    }
}

void supervisor_state::start(const std::string& child) {
  const auto found = std::ranges::find_if(
      factories_, [&](const child_factory& each) { return each.spec.name == child; });
  auto who = found->make(self_->system());
  alive_[caf::actor_cast<caf::actor_addr>(who)] = child;
  node_->actors.put(child, who);
  self_->monitor(caf::actor_cast<caf::actor>(who));
}

void supervisor_state::stop(const std::string& child) {
  const auto who = node_->actors.find(child);
  if (!who)
    return;
  const auto handle = caf::actor_cast<caf::actor>(who);
  caf::anon_send(handle, stop_request{});
  // Weak: a child that is gone by then must not be kept for it.
  const auto address = caf::actor_cast<caf::actor_addr>(who);
  self_->system().clock().schedule_message(
      steady_clock::now() + stop_patience, caf::actor_cast<caf::strong_actor_ptr>(address),
      caf::make_mailbox_element(nullptr, caf::make_message_id(), {},
                                caf::exit_msg{self_->address(), caf::exit_reason::kill}));
}

void supervisor_state::child_down(const caf::down_msg& down) {
  const auto found = alive_.find(down.source);
  if (found == alive_.end())
    return;
  const auto child = found->second;
  const auto last_message = last_message_of(node_->actors.find(child));
  alive_.erase(found);
  node_->actors.erase(child, down.source);
  const auto kind = kind_of(down.reason);
  const auto reason = describe(self_->system(), down.reason);
  if (kind == exit_kind::abnormal) {
    spdlog::error("actor {} failed: {}; its last message was {}, it was started again {} times "
                  "before",
                  child, reason, last_message, restarts_of(child));
    const auto group = child.substr(0, child.find('-'));
    node_->metrics.actor(group).restarts->Increment();
  }
  const auto next = decisions_.child_exited(child, kind, reason, steady_clock::now(),
                                            std::uniform_real_distribution<>{0, 1}(random_));
  if (next)
    carry_out(*next);
  else
    spdlog::error("supervisor: {}", next.error().message);
}

std::uint64_t supervisor_state::restarts_of(const std::string& child) const {
  const auto all = decisions_.children();
  const auto found =
      std::ranges::find_if(all, [&](const child_status& each) { return each.spec.name == child; });
  return found == all.end() ? 0 : found->restarts;
}

void supervisor_state::plan_chaos() {
  const auto rate = node_->options.chaos_kill_per_minute;
  if (rate == 0)
    return;
  // From half the mean to one and a half of it.
  const auto mean = std::chrono::duration<double>(60.0 / static_cast<double>(rate));
  const auto wait = mean * std::uniform_real_distribution<>{0.5, 1.5}(random_);
  self_->delayed_send(self_, std::chrono::duration_cast<steady_clock::duration>(wait),
                      chaos_tick{});
}

void supervisor_state::kill_somebody() {
  if (alive_.empty() || node_->status.draining)
    return;
  auto victim = alive_.begin();
  std::advance(victim, std::uniform_int_distribution<std::size_t>{0, alive_.size() - 1}(random_));
  const auto who = node_->actors.find(victim->second);
  if (!who)
    return;
  spdlog::warn("chaos: killing actor {}", victim->second);
  node_->metrics.chaos_kills().Increment();
  caf::anon_send_exit(caf::actor_cast<caf::actor>(who), caf::exit_reason::kill);
}

actor_status supervisor_state::status() const {
  actor_status out{name, {}};
  for (const auto& child : decisions_.children())
    out.fields.emplace_back(
        child.spec.name,
        fmt::format("{} restarts={} {}", to_string(child.state), child.restarts, child.last_error));
  return out;
}

} // namespace prism
