#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace prism::explanations {

/// What one shard of a running node knows of itself.
struct shard_facts {
  std::int32_t number{0};
  std::optional<std::int64_t> durable_seq{}; ///< committed up to here
  std::optional<std::int64_t> queued{};      ///< frames that wait in memory
  std::optional<double> lag_s{};             ///< how long the oldest of them has waited
  bool paused{false};                        ///< by an operator
  bool blocked{false};                       ///< at a frame, by a fatal error
  std::string problem{};                     ///< why it makes no progress; may be empty
};

/// What a running node knows and the database does not. Everything is optional, so that an
/// explanation can be made from the database alone. Plain value.
struct node_facts {
  std::optional<std::string> service{};      ///< the stream; absent: the one begun last
  std::optional<std::int32_t> shards{};      ///< absent: one for each cursor of the stream
  std::vector<shard_facts> shard{};          ///< of those whose facts are known
  std::optional<bool> connected{};           ///< to the relay
  std::optional<std::int64_t> highest_seq{}; ///< of the stream, as far as it was read
  std::optional<double> stream_lag_s{};      ///< now minus the time of the last committed events
  std::optional<std::chrono::seconds> pending_ttl{};  ///< option `pending-ttl-s`
  std::optional<std::chrono::seconds> history_keep{}; ///< option `history-keep-s`
  /// What a lookup of this account's identity last met, such as a host whose circuit is open.
  std::optional<std::string> identity_problem{};
  /// Above this, a lag of shard or stream makes the verdict `behind` for what is not there.
  std::chrono::seconds behind_after{30};
};

} // namespace prism::explanations
