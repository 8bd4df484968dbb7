#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace prism {

/// All that /readyz goes by. The first group are conditions: each alone makes a node unready.
struct readiness_facts {
  /// The last use of a session had an answer.
  bool database_reachable{false};
  bool schema_current{false};
  /// The actor, not its connection.
  bool firehose_running{false};
  /// An orderly stop is under way.
  bool draining{false};
  /// Why the node has to end, say because another one has taken its place as the writer; empty if
  /// it has not to.
  std::string ending;
  /// What stands in the way of an actor, by its name: a shard before a fatal error, or one that
  /// does not get on.
  std::map<std::string, std::string> problems;

  /// These are told only: a relay that is away, or being behind, is no reason to send nobody here.
  bool firehose_connected{false};
  /// Age of the newest committed event; none before the first.
  std::optional<std::chrono::seconds> newest_event_age;
};

/// The answer: whether this node can do its work now, and a text of one line per fact that begins
/// with "ok", "FAIL" or "info".
struct readiness {
  bool ready{false};
  std::string text;
};

/// Pure; any thread.
[[nodiscard]] readiness evaluate_readiness(const readiness_facts& facts);

} // namespace prism
