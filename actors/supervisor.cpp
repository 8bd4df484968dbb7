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

[[nodiscard]] const std::string& pick(const std::vector<std::string>& from,
                                      std::minstd_rand& random) {
  return from[std::uniform_int_distribution<std::size_t>{0, from.size() - 1}(random)];
}

} // namespace

supervisor_state::supervisor_state(self_pointer self, node_ptr node, supervision_options options,
                                   std::vector<child_factory> children, supervisor_place place)
    : self_(self), node_(std::move(node)), place_(std::move(place)),
      factories_(std::move(children)), decisions_(make_decisions(options, factories_)) {
  self_->set_down_handler([this](const caf::down_msg& down) { child_down(down); });
  // A rate sees the first restart only if there was a 0 before it.
  for (const auto& child : factories_)
    static_cast<void>(metrics_of(child.spec.name));
}

supervisor_state::~supervisor_state() {
  for (const auto& [who, child] : alive_) {
    if (const auto handle = caf::actor_cast<caf::actor>(who))
      caf::anon_send_exit(handle, caf::exit_reason::kill);
    node_->actors.erase(child, who);
  }
}

supervisor_actor::behavior_type supervisor_state::make_behavior() {
  carry_out(decisions_.start(steady_clock::now()));
  plan_chaos();
  return {[this](const tick&) { carry_out(decisions_.timer_fired(steady_clock::now())); },
          [this](const chaos_tick&) {
            kill_random_actor();
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
      give_up(action.text);
      break;
    case kind::done:
      self_->quit();
      break;
    }
}

void supervisor_state::start(const std::string& child) {
  // Counted when it is started again, not when it fails: what dies in a stop stays dead.
  if (restarts_of(child) > 0)
    metrics_of(child).restarts->Increment();
  auto who = factory_of(child).make(self_->system());
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
  const auto patience = factory_of(child).patience;
  if (patience == patience.max())
    return;
  // Weak: a child that is gone by then must not be kept for it.
  const auto address = caf::actor_cast<caf::actor_addr>(who);
  self_->system().clock().schedule_message(
      steady_clock::now() + patience, caf::actor_cast<caf::strong_actor_ptr>(address),
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
  if (kind == exit_kind::abnormal)
    spdlog::error("actor {} failed: {}; its last message was {}, it was started again {} times "
                  "before",
                  child, reason, last_message, restarts_of(child));
  const auto next = decisions_.child_exited(child, kind, reason, steady_clock::now(),
                                            std::uniform_real_distribution<>{0, 1}(random_));
  if (next)
    carry_out(*next);
  else
    spdlog::error("supervisor: {}", next.error().message);
}

void supervisor_state::give_up(const std::string& why) {
  spdlog::error("{} gives up: {}", place_.name, why);
  if (place_.root)
    node_->status.finish(exit_code::gave_up, why);
  self_->quit(caf::make_error(caf::sec::runtime_error, "gave up: " + why));
}

const child_factory& supervisor_state::factory_of(const std::string& child) const {
  return *std::ranges::find_if(factories_,
                               [&](const child_factory& each) { return each.spec.name == child; });
}

// Shards are counted together.
metrics::actor_metrics supervisor_state::metrics_of(const std::string& child) const {
  return node_->metrics.actor(child.substr(0, child.find('-')));
}

std::uint64_t supervisor_state::restarts_of(const std::string& child) const {
  const auto all = decisions_.children();
  const auto found =
      std::ranges::find_if(all, [&](const child_status& each) { return each.spec.name == child; });
  return found == all.end() ? 0 : found->restarts;
}

void supervisor_state::plan_chaos() {
  const auto rate = node_->options.chaos_kill_per_minute;
  if (rate == 0 || !place_.root)
    return;
  // From half the mean to one and a half of it.
  const auto mean = std::chrono::duration<double>(60.0 / static_cast<double>(rate));
  const auto wait = mean * std::uniform_real_distribution<>{0.5, 1.5}(random_);
  self_->delayed_send(self_, std::chrono::duration_cast<steady_clock::duration>(wait),
                      chaos_tick{});
}

void supervisor_state::kill_random_actor() {
  const auto all = victims();
  if (all.empty() || node_->status.draining)
    return;
  const auto& victim = pick(all, random_);
  const auto who = node_->actors.find(victim);
  if (!who)
    return;
  spdlog::warn("chaos: killing actor {}", victim);
  node_->metrics.chaos_kills().Increment();
  caf::anon_send_exit(caf::actor_cast<caf::actor>(who), caf::exit_reason::kill);
}

// All sessions together are hit as often as one child: there may be many of them.
std::vector<std::string> supervisor_state::victims() {
  std::vector<std::string> out;
  for (const auto& [who, child] : alive_)
    out.push_back(child);
  auto sessions = node_->actors.names();
  std::erase_if(sessions, [](const std::string& each) { return !names::is_db_session(each); });
  if (!sessions.empty())
    out.push_back(pick(sessions, random_));
  return out;
}

actor_status supervisor_state::status() const {
  actor_status out{place_.name, {}};
  for (const auto& child : decisions_.children())
    out.fields.emplace_back(
        child.spec.name,
        fmt::format("{} restarts={} {}", to_string(child.state), child.restarts, child.last_error));
  return out;
}

child_factory nested_supervisor(child_spec spec, node_ptr node, supervision_options options,
                                std::vector<child_factory> children) {
  const supervisor_place place{.name = "supervisor " + spec.name, .root = false};
  return {std::move(spec),
          [=](caf::actor_system& system) {
            return caf::actor_cast<caf::strong_actor_ptr>(
                spawn_state<supervisor_state>(system, node, options, children, place));
          },
          std::chrono::seconds::max()};
}

} // namespace prism
