#include "actors/supervisor.hpp"

#include "log/log.hpp"

#include <algorithm>

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

[[nodiscard]] exit_kind kind_of(const caf::error& reason) {
  const bool normal = !reason || reason == caf::exit_reason::normal;
  return normal ? exit_kind::normal : exit_kind::abnormal;
}

} // namespace

supervisor_state::supervisor_state(self_pointer self, node_ptr node, supervision_options options,
                                   std::vector<child_factory> children,
                                   std::map<std::string, std::string> wanted,
                                   supervisor_place place)
    : self_(self), node_(std::move(node)), place_(std::move(place)),
      factories_(std::move(children)), decisions_(make_decisions(options, factories_)),
      chaos_(node_) {
  self_->set_down_handler([this](const caf::down_msg& down) { on_child_down(down); });
  static_cast<void>(decisions_.arrange(wanted, steady_clock::now())); // it has not started yet
  // The series must exist with 0 before the first restart, or a rate does not see it.
  for (const auto& child : factories_)
    static_cast<void>(metrics_of(child.spec.name));
}

supervisor_state::~supervisor_state() {
  for (const auto& [address, child] : alive_) {
    if (const auto actor = caf::actor_cast<caf::actor>(address))
      caf::anon_send_exit(actor, caf::exit_reason::kill);
    node_->actors.erase(child, address);
  }
  node_->tree.remove(place_.name);
}

supervisor_actor::behavior_type supervisor_state::make_behavior() {
  carry_out(decisions_.start(steady_clock::now()));
  schedule_chaos();
  return {[this](const tick&) { carry_out(decisions_.timer_fired(steady_clock::now())); },
          [this](const chaos_tick&) { on_chaos_tick(); },
          [this](const stop_request&) { carry_out(decisions_.stop_requested()); },
          [this](const restart_child& order) { restart(order); },
          [this](const arrange_children& order) {
            carry_out(decisions_.arrange(*order.wanted, steady_clock::now()));
          },
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
  node_->tree.show(place_.name, decisions_.children());
}

void supervisor_state::start(const std::string& child) {
  // Counted here and not at the failure: a child that fails during a stop is not restarted.
  if (restarts_of(child) > 0)
    metrics_of(child).restarts->Increment();
  auto actor = factory_of(child).make(self_->system());
  alive_[caf::actor_cast<caf::actor_addr>(actor)] = child;
  node_->actors.put(child, actor);
  self_->monitor(caf::actor_cast<caf::actor>(actor));
}

void supervisor_state::stop(const std::string& child) {
  const auto actor = node_->actors.find(child);
  if (!actor)
    return;
  caf::anon_send(caf::actor_cast<caf::actor>(actor), stop_request{});
  const auto patience = factory_of(child).patience;
  if (patience != patience.max())
    kill_at(self_->system(), steady_clock::now() + patience, actor, self_->address());
}

void supervisor_state::restart(const restart_child& order) {
  const auto actor = node_->actors.find(order.name);
  if (!actor ||
      std::ranges::none_of(alive_, [&](const auto& each) { return each.second == order.name; }))
    return;
  log::supervisor().warn("actor {} is restarted for {}: {}", order.name, order.who, order.why);
  caf::anon_send_exit(actor, caf::exit_reason::kill);
}

void supervisor_state::on_child_down(const caf::down_msg& down) {
  const auto found = alive_.find(down.source);
  if (found == alive_.end())
    return;
  const auto child = found->second;
  const auto kind = kind_of(down.reason);
  const auto reason = describe(self_->system(), down.reason);
  if (kind == exit_kind::abnormal)
    report_failure(child, reason);
  alive_.erase(found);
  node_->actors.erase(child, down.source);
  const auto next = decisions_.child_exited(child, kind, reason, steady_clock::now(),
                                            std::uniform_real_distribution<>{0, 1}(random_));
  if (next)
    carry_out(*next);
  else
    log::supervisor().error("supervisor: {}", next.error().message);
}

void supervisor_state::report_failure(const std::string& child, const std::string& reason) {
  crash_record what{.at = std::chrono::system_clock::now(),
                    .actor = child,
                    .reason = reason,
                    .last_message = "unknown",
                    .restarts = restarts_of(child)};
  const auto actor = node_->actors.find(child);
  const auto now = steady_clock::now();
  if (const auto* activity = activity_of(actor)) {
    const auto seen = activity->read(now);
    what.last_message = activity->last_message();
    what.waiting = seen.waiting;
    what.handled = seen.handled;
  }
  const auto all = decisions_.children();
  const auto found = std::ranges::find(
      all, child, [](const child_status& each) -> const auto& { return each.spec.name; });
  if (found != all.end())
    what.uptime_seconds = std::chrono::duration<double>(now - found->started_at).count();
  log::supervisor().error("actor {} failed: {}; its last message was {}, {} restarts before", child,
                          reason, what.last_message, what.restarts);
  node_->crashes.add(std::move(what));
}

void supervisor_state::give_up(const std::string& reason) {
  log::supervisor().error("{} gives up: {}", place_.name, reason);
  if (place_.root)
    node_->status.finish(exit_code::gave_up, reason);
  self_->quit(caf::make_error(caf::sec::runtime_error, "gave up: " + reason));
}

const child_factory& supervisor_state::factory_of(const std::string& child) const {
  return *std::ranges::find_if(factories_,
                               [&](const child_factory& each) { return each.spec.name == child; });
}

metrics::actor_metrics supervisor_state::metrics_of(const std::string& child) const {
  const auto& name = factory_of(child).metrics_name;
  return node_->metrics.actor(name.empty() ? child : name);
}

std::uint64_t supervisor_state::restarts_of(const std::string& child) const {
  const auto all = decisions_.children();
  const auto found =
      std::ranges::find_if(all, [&](const child_status& each) { return each.spec.name == child; });
  return found == all.end() ? 0 : found->restarts;
}

void supervisor_state::schedule_chaos() {
  if (!place_.root)
    return;
  if (const auto wait = chaos_.next_wait())
    self_->delayed_send(self_, *wait, chaos_tick{});
}

void supervisor_state::on_chaos_tick() {
  std::vector<std::string> children;
  for (const auto& [address, child] : alive_)
    children.push_back(child);
  chaos_.kill_one(std::move(children));
  schedule_chaos();
}

actor_status supervisor_state::status() const {
  actor_status out{place_.name, {}};
  for (const auto& child : decisions_.children())
    out.fields[child.spec.name] = {{"state", to_string(child.state)},
                                   {"restarts", child.restarts},
                                   {"last_error", child.last_error}};
  return out;
}

child_factory nested_supervisor(child_spec spec, node_ptr node, supervision_options options,
                                std::vector<child_factory> children) {
  const supervisor_place place{.name = "supervisor " + spec.name, .root = false};
  return {std::move(spec),
          [=](caf::actor_system& system) {
            return caf::actor_cast<caf::strong_actor_ptr>(spawn_state<supervisor_state>(
                system, node, options, children, std::map<std::string, std::string>{}, place));
          },
          std::chrono::seconds::max()};
}

} // namespace prism
