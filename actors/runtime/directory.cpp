#include "actors/runtime/directory.hpp"

#include <algorithm>

namespace prism {

void directory::put(const std::string& name, caf::strong_actor_ptr actor) {
  const std::scoped_lock lock(mutex_);
  actors_[name] = std::move(actor);
}

void directory::erase(const std::string& name, const caf::actor_addr& actor) {
  const std::scoped_lock lock(mutex_);
  const auto found = actors_.find(name);
  if (found != actors_.end() && caf::actor_cast<caf::actor_addr>(found->second) == actor)
    actors_.erase(found);
}

caf::strong_actor_ptr directory::find(const std::string& name) const {
  const std::scoped_lock lock(mutex_);
  const auto found = actors_.find(name);
  return found == actors_.end() ? nullptr : found->second;
}

std::string directory::name_of(const caf::actor_addr& actor) const {
  const std::scoped_lock lock(mutex_);
  for (const auto& [name, each] : actors_)
    if (caf::actor_cast<caf::actor_addr>(each) == actor)
      return name;
  return {};
}

std::vector<std::string> directory::names() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> out;
  for (const auto& [name, actor] : actors_)
    out.push_back(name);
  std::ranges::sort(out);
  return out;
}

} // namespace prism
