#pragma once

#include "messages/interfaces.hpp"

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

namespace prism {

/// The name of an actor in the tree, typed by the actor's interface.
template <class Interface>
class actor_name {
public:
  explicit actor_name(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  operator const std::string&() const noexcept { return text_; } // NOLINT: it is a name

private:
  std::string text_;
};

/// Names in the tree.
namespace names {
inline const actor_name<firehose_actor> firehose{"firehose"};
inline const actor_name<user_creation_actor> user_creation{"user_creation"};
inline const actor_name<pending_ops_actor> pending_ops{"pending_ops"};
inline const actor_name<identity_actor> identity{"identity"};
inline const actor_name<pool_actor> pool{"pool"};
inline const actor_name<periodic_actor> metrics{"metrics"};
inline const actor_name<periodic_actor> pool_monitor{"pool_monitor"};
inline const actor_name<janitor_actor> janitor{"janitor"};
inline const actor_name<cluster_actor> cluster{"cluster"};
[[nodiscard]] inline actor_name<reader_actor> reader(std::size_t number) {
  return actor_name<reader_actor>{"reader-" + std::to_string(number)};
}
/// The root of the tree. The node puts it into the directory, not a supervisor.
inline const actor_name<supervisor_actor> supervisor{"supervisor"};
[[nodiscard]] inline actor_name<shard_actor> shard(std::size_t number) {
  return actor_name<shard_actor>{"shard-" + std::to_string(number)};
}
/// Database sessions have names as well, for inspection and for `chaos_monkey`; the pool owns them.
inline const std::string db_session_prefix{"db_session-"};
[[nodiscard]] inline std::string db_session(std::uint64_t number) {
  return db_session_prefix + std::to_string(number);
}
[[nodiscard]] inline bool is_db_session(const std::string& name) {
  return name.starts_with(db_session_prefix);
}
} // namespace names

/// The current actor of each name in the supervision tree. Actors look each other up here for every
/// message and keep no handle across a restart. Any thread.
class directory {
public:
  void put(const std::string& name, caf::strong_actor_ptr actor);
  /// Removes `name`, if it still means `actor`.
  void erase(const std::string& name, const caf::actor_addr& actor);

  /// Null if no actor has this name at the moment.
  [[nodiscard]] caf::strong_actor_ptr find(const std::string& name) const;

  /// The same as a handle of the interface that goes with the name.
  template <class Interface>
  [[nodiscard]] Interface find(const actor_name<Interface>& name) const {
    return caf::actor_cast<Interface>(find(name.text()));
  }

  /// The name of an actor; empty if it has none.
  [[nodiscard]] std::string name_of(const caf::actor_addr& actor) const;

  /// All names, for inspection.
  [[nodiscard]] std::vector<std::string> names() const;

private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, caf::strong_actor_ptr> actors_;
};

} // namespace prism
