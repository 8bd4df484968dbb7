#include "actors/chaos_monkey.hpp"

#include "log/log.hpp"

namespace prism {

std::optional<steady_clock::duration> chaos_monkey::next_wait() {
  const auto rate = node_->options.chaos_kill_per_minute;
  if (rate == 0)
    return std::nullopt;
  const auto mean = std::chrono::duration<double>(60.0 / static_cast<double>(rate));
  const auto wait = mean * std::uniform_real_distribution<>{0.5, 1.5}(random_);
  return std::chrono::duration_cast<steady_clock::duration>(wait);
}

void chaos_monkey::kill_one(std::vector<std::string> children) {
  auto sessions = node_->actors.names();
  std::erase_if(sessions, [](const std::string& name) { return !names::is_db_session(name); });
  auto victims = std::move(children);
  if (!sessions.empty())
    victims.push_back(pick(sessions));
  if (victims.empty() || node_->status.draining)
    return;
  const auto& victim = pick(victims);
  const auto actor = node_->actors.find(victim);
  if (!actor)
    return;
  log::supervisor().warn("chaos: killing actor {}", victim);
  node_->metrics.chaos_kills().Increment();
  caf::anon_send_exit(caf::actor_cast<caf::actor>(actor), caf::exit_reason::kill);
}

const std::string& chaos_monkey::pick(const std::vector<std::string>& names) {
  return names[std::uniform_int_distribution<std::size_t>{0, names.size() - 1}(random_)];
}

} // namespace prism
