#include "core/supervision.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace prism {

namespace {

using kind = supervision_action::kind;

bool alive(const child_status& child) noexcept {
  return child.state == child_state::running || child.state == child_state::stopping;
}

bool wants_restart(restart_type type, exit_kind how) noexcept {
  switch (type) {
  case restart_type::permanent:
    return true;
  case restart_type::transient:
    return how == exit_kind::abnormal;
  case restart_type::temporary:
    return false;
  }
  return false;
}

} // namespace

std::string_view to_string(child_state state) noexcept {
  switch (state) {
  case child_state::idle:
    return "idle";
  case child_state::running:
    return "running";
  case child_state::stopping:
    return "stopping";
  case child_state::waiting:
    return "waiting";
  case child_state::finished:
    return "finished";
  }
  return "unknown";
}

expected<supervision> supervision::make(supervision_options options,
                                        std::vector<child_spec> children) {
  if (options.period <= std::chrono::milliseconds{0})
    return fail(errc::invalid, "supervision period is {} ms, must be positive",
                options.period.count());
  if (auto valid = validate(options.backoff); !valid)
    return tl::unexpected(valid.error());
  std::set<std::string_view> names;
  for (const auto& child : children) {
    if (child.name.empty())
      return fail(errc::invalid, "a supervised child has no name");
    if (!names.insert(child.name).second)
      return fail(errc::invalid, "two supervised children have the name '{}'", child.name);
    if (child.on_demand && options.strategy != restart_strategy::one_for_one)
      return fail(errc::invalid, "child '{}' on demand needs the strategy one_for_one", child.name);
  }
  return supervision(options, std::move(children));
}

supervision::supervision(supervision_options options, std::vector<child_spec> children)
    : options_(options), backoffs_(children.size(), backoff(options.backoff)) {
  children_.reserve(children.size());
  for (auto& spec : children)
    children_.push_back(child_status{.spec = std::move(spec)});
}

supervision::actions supervision::start(time_point now) {
  actions out;
  if (phase_ != phase::not_started)
    return out;
  phase_ = phase::running;
  for (std::size_t i = 0; i < children_.size(); ++i)
    if (!children_[i].spec.on_demand || children_[i].wanted)
      start_child(i, now, out);
  return out;
}

supervision::actions supervision::arrange(const std::map<std::string, std::string>& wanted,
                                          time_point now) {
  actions out;
  for (auto& child : children_) {
    const auto found = wanted.find(child.spec.name);
    if (child.spec.on_demand)
      arrange_one(child, found == wanted.end() ? nullptr : &found->second, out);
  }
  if (phase_ != phase::running)
    return out;
  for (std::size_t i = 0; i < children_.size(); ++i)
    if (const auto& child = children_[i];
        child.spec.on_demand && child.wanted &&
        (child.state == child_state::idle || child.state == child_state::finished))
      start_child(i, now, out);
  proceed(now, out);
  return out;
}

void supervision::arrange_one(child_status& child, const std::string* version, actions& out) {
  child.wanted = version == nullptr ? std::nullopt : std::optional{*version};
  if (phase_ != phase::running)
    return;
  if (child.state == child_state::waiting && !child.wanted)
    child.state = child_state::idle;
  if (child.state == child_state::running && child.wanted != child.version) {
    child.state = child_state::stopping;
    out.push_back({.what = kind::stop, .name = child.spec.name});
  }
}

expected<supervision::actions> supervision::child_exited(std::string_view name, exit_kind how,
                                                         std::string_view reason, time_point now,
                                                         double random01) {
  const auto index = index_of(name);
  if (!index)
    return fail(errc::not_found, "exit of '{}', which is not a child", name);
  auto& child = children_[*index];
  if (!alive(child))
    return fail(errc::invalid, "exit of child '{}', which is {}", name, to_string(child.state));
  if (how == exit_kind::abnormal)
    child.last_error = reason;
  const bool as_arranged = child.spec.on_demand && child.state == child_state::stopping;
  actions out;
  if (phase_ == phase::stopping)
    child.state = child_state::idle;
  else if (as_arranged || (child.spec.on_demand && !child.wanted)) {
    child.state = child_state::idle;
    if (child.wanted)
      start_child(*index, now, out);
  } else if (group_ && *index >= *group_)
    wait_until_group_starts(child);
  else
    handle_own_exit(*index, how, now, random01);
  proceed(now, out);
  return out;
}

supervision::actions supervision::timer_fired(time_point now) {
  if (announced_wake_ && *announced_wake_ <= now)
    announced_wake_.reset();
  actions out;
  proceed(now, out);
  return out;
}

supervision::actions supervision::stop_requested() {
  actions out;
  if (phase_ == phase::stopping || phase_ == phase::ended)
    return out;
  begin_stop();
  stop_last_from(0, out);
  end_when_all_down(out);
  return out;
}

std::uint64_t supervision::restarts() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& child : children_)
    sum += child.restarts;
  return sum;
}

void supervision::handle_own_exit(std::size_t index, exit_kind how, time_point now,
                                  double random01) {
  auto& child = children_[index];
  child.state = child_state::finished;
  if (!wants_restart(child.spec.restart, how))
    return;
  if (too_many_restarts(now)) {
    escalation_ = fmt::format("child '{}' needs more than {} restarts in {} ms, last error: {}",
                              child.spec.name, options_.max_restarts, options_.period.count(),
                              child.last_error.empty() ? "none" : child.last_error);
    begin_stop();
    return;
  }
  plan_restart(index, now, random01);
}

void supervision::plan_restart(std::size_t failed, time_point now, double random01) {
  auto& child = children_[failed];
  if (now - child.started_at >= options_.period)
    backoffs_[failed].reset();
  const auto at = now + backoffs_[failed].next(random01);
  if (options_.strategy == restart_strategy::one_for_one) {
    child.state = child_state::waiting;
    child.restart_at = at;
    return;
  }
  const auto first = options_.strategy == restart_strategy::one_for_all ? 0 : failed;
  group_at_ = group_ ? std::max(group_at_, at) : at;
  group_ = first; // a group can only grow: its own members' exits do not come here
  for (std::size_t i = first; i < children_.size(); ++i)
    if (!alive(children_[i]))
      wait_until_group_starts(children_[i]);
}

void supervision::wait_until_group_starts(child_status& child) const {
  const bool returns = child.spec.restart != restart_type::temporary;
  child.state = returns ? child_state::waiting : child_state::finished;
  child.restart_at = group_at_;
}

void supervision::begin_stop() {
  phase_ = phase::stopping;
  group_.reset();
  for (auto& child : children_)
    if (child.state == child_state::waiting)
      child.state = child_state::idle;
}

void supervision::proceed(time_point now, actions& out) {
  if (phase_ == phase::stopping) {
    stop_last_from(0, out);
    end_when_all_down(out);
    return;
  }
  if (phase_ != phase::running)
    return;
  if (group_)
    stop_last_from(*group_, out);
  start_due(now, out);
  const auto next = next_start();
  if (next && next != announced_wake_)
    out.push_back({.what = kind::wake, .at = *next});
  announced_wake_ = next;
}

void supervision::stop_last_from(std::size_t first, actions& out) {
  for (std::size_t i = children_.size(); i > first; --i) {
    auto& child = children_[i - 1];
    if (child.state == child_state::stopping)
      return;
    if (child.state == child_state::running) {
      child.state = child_state::stopping;
      out.push_back({.what = kind::stop, .name = child.spec.name});
      return;
    }
  }
}

void supervision::end_when_all_down(actions& out) {
  if (phase_ != phase::stopping || alive_from(0))
    return;
  phase_ = phase::ended;
  if (escalation_)
    out.push_back({.what = kind::escalate, .text = *escalation_});
  else
    out.push_back({.what = kind::done});
}

void supervision::start_due(time_point now, actions& out) {
  if (group_ && (alive_from(*group_) || now < group_at_))
    return;
  group_.reset();
  for (std::size_t i = 0; i < children_.size(); ++i)
    if (children_[i].state == child_state::waiting && children_[i].restart_at <= now)
      start_child(i, now, out);
}

void supervision::start_child(std::size_t index, time_point now, actions& out) {
  auto& child = children_[index];
  if (child.state != child_state::idle)
    ++child.restarts;
  if (child.wanted)
    child.version = *child.wanted;
  child.state = child_state::running;
  child.started_at = now;
  out.push_back({.what = kind::start, .name = child.spec.name, .at = now});
}

std::optional<std::size_t> supervision::index_of(std::string_view name) const noexcept {
  for (std::size_t i = 0; i < children_.size(); ++i)
    if (children_[i].spec.name == name)
      return i;
  return std::nullopt;
}

bool supervision::too_many_restarts(time_point now) {
  while (!recent_.empty() && now - recent_.front() >= options_.period)
    recent_.pop_front();
  recent_.push_back(now);
  return recent_.size() > options_.max_restarts;
}

bool supervision::alive_from(std::size_t first) const noexcept {
  return std::any_of(children_.begin() + static_cast<std::ptrdiff_t>(first), children_.end(),
                     alive);
}

std::optional<time_point> supervision::next_start() const noexcept {
  if (group_)
    return alive_from(*group_) ? std::nullopt : std::optional(group_at_);
  std::optional<time_point> earliest;
  for (const auto& child : children_)
    if (child.state == child_state::waiting && (!earliest || child.restart_at < *earliest))
      earliest = child.restart_at;
  return earliest;
}

} // namespace prism
