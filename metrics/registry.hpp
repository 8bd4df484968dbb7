#pragma once

#include "metrics/bundles.hpp"
#include "metrics/family_info.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace prism::metrics {

struct registry_options {
  /// Of the build_info series.
  std::string version;
  std::string revision;
  /// Shards whose series exist from the start.
  std::size_t shards{0};
  /// NSIDs of the collections that are indexed; others are counted as `other`.
  std::vector<std::string> collections;
};

/// Every metric of the node is declared here and nowhere else, in a Prometheus registry of its own.
/// Names begin with `prism_` (those of the process itself with `process_`, as every tool expects),
/// units are base units, and no label ever holds a DID, a URI or other text from the network.
///
/// Thread-safe. Bundles are looked up once and kept; they live as long as the registry.
class registry {
public:
  /// Distinct reasons of refused records that get series of their own; further ones are `other`.
  static constexpr std::size_t max_reject_reasons = 64;

  explicit registry(const registry_options& options);
  ~registry();
  registry(const registry&) = delete;
  registry& operator=(const registry&) = delete;

  [[nodiscard]] const firehose_metrics& firehose() const noexcept;
  [[nodiscard]] const batch_metrics& batches() const noexcept;
  [[nodiscard]] const database_metrics& database() const noexcept;
  [[nodiscard]] const user_creation_metrics& user_creation() const noexcept;
  [[nodiscard]] const identity_metrics& identity() const noexcept;
  [[nodiscard]] const pending_metrics& pending() const noexcept;

  /// Operations indexed in `collection` (an NSID), by action (`labels::actions`).
  [[nodiscard]] const labelled_counter& ops(std::string_view collection) const noexcept;

  /// Records of `collection` refused for `reason`, a short code from our own validators.
  [[nodiscard]] prometheus::Counter& rejected(std::string_view collection, std::string_view reason);

  // The series of these come into being when their owner first asks. Names are ours, never data.

  [[nodiscard]] shard_metrics shard(std::size_t number);
  [[nodiscard]] channel_metrics channel(const std::string& name);
  [[nodiscard]] cache_metrics cache(const std::string& name);
  [[nodiscard]] actor_metrics actor(const std::string& name);
  [[nodiscard]] job_metrics job(const std::string& name);

  /// Rows that the janitor found wrong and mended, by table (`labels::audited_tables`).
  [[nodiscard]] const labelled_counter& audit_findings() const noexcept;

  /// Actors killed on purpose (`chaos-kill-per-minute`).
  [[nodiscard]] prometheus::Counter& chaos_kills() noexcept;

  /// All families, in the order of their declaration.
  [[nodiscard]] std::span<const family_info> families() const noexcept;

  /// Everything in Prometheus' text format 0.0.4. Samples /proc/self and sets the lag first.
  /// @param now for the lag: `now` less the time of the last committed event.
  [[nodiscard]] std::string
  serialize(std::chrono::system_clock::time_point now = std::chrono::system_clock::now());

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace prism::metrics
