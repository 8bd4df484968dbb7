#pragma once

#include "messages/caf.hpp"

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

namespace prism {

/// Who is who: the living actor of each name in the supervision tree. Peers look each other up here
/// for every message and keep no handle across a restart. Any thread.
class directory {
public:
  void put(const std::string& name, caf::strong_actor_ptr who);
  /// Forgets `name`, if it still means `who`.
  void erase(const std::string& name, const caf::actor_addr& who);

  /// Null if nobody has this name at the moment.
  [[nodiscard]] caf::strong_actor_ptr find(const std::string& name) const;

  /// The same as a typed handle; the caller names the interface that the name stands for.
  template <class Handle>
  [[nodiscard]] Handle find_as(const std::string& name) const {
    return caf::actor_cast<Handle>(find(name));
  }

  /// The name of a living actor of the tree; empty if it has none.
  [[nodiscard]] std::string name_of(const caf::actor_addr& who) const;

  /// All names, for inspection.
  [[nodiscard]] std::vector<std::string> names() const;

private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, caf::strong_actor_ptr> actors_;
};

/// Names in the tree.
namespace names {
inline const std::string firehose{"firehose"};
inline const std::string user_creation{"user_creation"};
inline const std::string pending_ops{"pending_ops"};
inline const std::string identity{"identity"};
inline const std::string pool{"pool"};
inline const std::string metrics{"metrics"};
inline const std::string pool_monitor{"pool_monitor"};
inline const std::string janitor{"janitor"};
[[nodiscard]] inline std::string shard(std::size_t number) {
  return "shard-" + std::to_string(number);
}
/// Database sessions have names as well, so that they can be looked at and killed; they belong to
/// the pool.
inline const std::string db_session_prefix{"db_session-"};
[[nodiscard]] inline std::string db_session(std::uint64_t number) {
  return db_session_prefix + std::to_string(number);
}
[[nodiscard]] inline bool is_db_session(const std::string& name) {
  return name.starts_with(db_session_prefix);
}
} // namespace names

} // namespace prism
