#include "actors/inspector/snapshots.hpp"

namespace prism {

std::optional<snapshots::snapshot> snapshots::ask(const std::string& name) {
  const auto actor = node_->actors.find(name);
  bool silent = false;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = known_.find(name);
    silent = found != known_.end() && steady_clock::now() < found->second.silent_until;
  }
  std::optional<actor_status> answer;
  if (actor && !silent)
    answer = node_->access.ask(actor, patience);
  const std::scoped_lock lock(mutex_);
  const auto now = steady_clock::now();
  if (answer) {
    // Sessions come and go under ever new names; nothing is kept of them.
    if (!names::is_db_session(name))
      known_[name] = {.fields = answer->fields, .at = now, .silent_until = {}, .any = true};
    return snapshot{.fields = std::move(answer->fields), .age = {}, .answered = true};
  }
  if (actor && !silent && !names::is_db_session(name))
    known_[name].silent_until = now + pause;
  const auto found = known_.find(name);
  if (found == known_.end() || !found->second.any)
    return actor ? std::optional<snapshot>{snapshot{}} : std::nullopt;
  return snapshot{.fields = found->second.fields, .age = now - found->second.at, .answered = false};
}

} // namespace prism
