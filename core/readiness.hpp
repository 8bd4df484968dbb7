#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace prism {

/// Everything /readyz depends on. Each of the first group alone makes the node unready.
struct readiness_facts {
  /// The last job that needed the database reached it.
  bool database_reachable{false};
  bool schema_current{false};
  /// The actor, not its connection.
  bool firehose_running{false};
  /// An orderly stop is under way.
  bool draining{false};
  /// Why the node has to end, for example since another prismd has joined under its node-name;
  /// empty if it has not.
  std::string ending;
  /// Problems by the name of the actor: a shard that is blocked by a fatal error, or makes no
  /// progress.
  std::map<std::string, std::string> problems;

  /// The node that reads the relay, if that is another one; then the facts below are its own.
  std::string read_by{};

  /// For information only: a node whose relay is away, or that lags, can still serve reads.
  bool firehose_connected{false};
  /// Age of the newest committed event; empty before the first.
  std::optional<std::chrono::seconds> newest_event_age;
};

/// Whether the node can do its work now, and a text with one line per fact that begins with "ok",
/// "FAIL" or "info".
struct readiness {
  bool ready{false};
  std::string text;
};

/// Pure; any thread.
[[nodiscard]] readiness evaluate_readiness(const readiness_facts& facts);

} // namespace prism
