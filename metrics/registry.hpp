#pragma once

#include "metrics/bounded_channel.hpp"
#include "metrics/bundles.hpp"
#include "metrics/family_info.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <typeinfo>
#include <vector>

namespace prism::metrics {

struct registry_options {
  /// Labels of build_info.
  std::string version;
  std::string revision;
  /// Number of shards; their series exist from the start.
  std::size_t shards{0};
  /// NSIDs of the collections that are indexed; others are counted as `other`.
  std::vector<std::string> collections;
};

/// Declares every metric of the node, in a Prometheus registry of its own. Names begin with
/// `prism_` (those of the process itself with `process_`, as usual), units are base units, and no
/// label ever has a DID, a URI or other text from the network.
///
/// Thread-safe. Look a bundle up once and keep it; it is valid as long as the registry.
class registry {
public:
  /// Maximum number of distinct reasons of rejected records; further ones are counted as `other`.
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
  [[nodiscard]] const node_metrics& node() const noexcept;
  [[nodiscard]] const http_metrics& http() const noexcept;
  [[nodiscard]] const cluster_metrics& cluster() const noexcept;
  [[nodiscard]] const tunnel_metrics& tunnel() const noexcept;
  [[nodiscard]] const dataplane_metrics& dataplane() const noexcept;

  /// The metrics of one method of the data plane; the series begin with the first call of this
  /// function for it, so only names that the program knows may be asked.
  [[nodiscard]] dataplane_method_metrics dataplane_method(std::string_view name);

  /// Operations indexed in `collection` (an NSID), by action (`labels::actions`).
  [[nodiscard]] const labelled_counter& ops(std::string_view collection) const noexcept;

  /// Records of `collection` rejected for `reason`, a short code of our validators.
  [[nodiscard]] prometheus::Counter& rejected(std::string_view collection, std::string_view reason);

  // The series of these are created by the first call. Names are constants of the program, never
  // data.

  [[nodiscard]] shard_metrics shard(std::size_t number);
  [[nodiscard]] channel_metrics channel(const std::string& name);
  /// Shows a channel of `capacity` units from now on, with the series of `channel(name)`, which
  /// nobody else may set. Once for each name, before
  /// another thread uses the registry.
  void declare_channel(const std::string& name, std::size_t capacity);
  /// The same for messages of one type that wait in the mailboxes of the actors called `actor`,
  /// which get it with their metrics.
  void declare_inbox(const std::string& name, const std::string& actor,
                     const std::type_info& message, std::size_t capacity);
  /// The channel of that name; null if it was not declared: then nothing is counted. It may outlive
  /// the registry.
  [[nodiscard]] std::shared_ptr<bounded_channel> bounded(std::string_view name) const;
  [[nodiscard]] cache_metrics cache(const std::string& name);
  [[nodiscard]] actor_metrics actor(const std::string& name);
  [[nodiscard]] job_metrics job(const std::string& name);
  /// Whether `job` was ever called with this name.
  [[nodiscard]] bool has_job(const std::string& name) const;

  /// Incorrect rows that the janitor found and corrected, by table (`labels::audited_tables`).
  [[nodiscard]] const labelled_counter& audit_findings() const noexcept;

  /// Rows of refused_records, as of the janitor's last run.
  [[nodiscard]] prometheus::Gauge& refused_records() noexcept;

  /// Actors killed on purpose (`chaos-kill-per-minute`).
  [[nodiscard]] prometheus::Counter& chaos_kills() noexcept;

  /// Calls `set` at each scrape and each `read` before the series are read, one call at a time, on
  /// the thread that asks; it must return at once, and use series only. Ends with what is returned,
  /// which must not outlive the registry: once that is gone, no call runs any more.
  [[nodiscard]] std::shared_ptr<void> before_scrape(std::function<void()> set);

  /// A counter or gauge as it stands.
  struct reading {
    std::string family;
    std::map<std::string, std::string> labels;
    double value{0};
  };
  /// Those whose family's name begins with `prefix`. Costs as much as a scrape.
  [[nodiscard]] std::vector<reading> read(std::string_view prefix) const;

  /// Operations indexed since the start, of all collections.
  [[nodiscard]] double ops_total() const noexcept;

  /// All families, in the order of their declaration.
  [[nodiscard]] std::span<const family_info> families() const noexcept;

  /// All metrics in Prometheus' text format 0.0.4. Samples /proc/self, the allocator, the channels
  /// and the process's log, calls what `before_scrape` was given, and sets the lag first.
  /// @param now for the lag, which is `now` minus the time of the newest committed event
  [[nodiscard]] std::string
  serialize(std::chrono::system_clock::time_point now = std::chrono::system_clock::now());

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace prism::metrics
