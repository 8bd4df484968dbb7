#pragma once

#include "actors/runtime/node_context.hpp"
#include "core/pending_index.hpp"
#include "db/index/pending.hpp"
#include "messages/interfaces.hpp"

namespace prism {

/// Knows what waits for what: the memory of table pending_ops, within the caps of the options. It
/// starts with the operations parked last, so that millions of older ones cost nothing, and follows
/// what the shards report. Reports of two shards may overtake each other, and some never come; so
/// it reads the table again from time to time, and soon when something is known to be missing. It
/// decides nothing: the table does, in the batch's own transaction. What has no room is counted.
class pending_ops_state {
public:
  using interface = pending_ops_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "pending_ops";

  /// When the table is read again.
  struct reading {
    std::chrono::milliseconds poll_interval{1'000}; ///< how often it is asked whether it is time
    std::chrono::milliseconds pause{10'000};        ///< least time between two readings
    std::chrono::milliseconds every{300'000};       ///< without any reason
  };

  /// Rows of one reading, at most: what memory held beyond them it forgets, and counts. More would
  /// make each reading a burst of memory and work.
  static constexpr std::int64_t max_loaded_rows = 20'000;

  /// Changes kept that are told of while the table is read.
  static constexpr std::size_t changes_during_load_capacity = 20'000;

  pending_ops_state(self_pointer self, node_ptr node);
  pending_ops_state(self_pointer self, node_ptr node, reading when);

  interface::behavior_type make_behavior();

private:
  using indexes = std::array<pending_index, 2>; // in the order of metrics::labels::pending_maps
  using changes = std::vector<db::pending_change>;

  void load_if_due();
  void loaded(const changes& table);
  void not_loaded(const std::string& why);
  void noted(const pending_changed& what);
  void note(const db::pending_change& change);
  [[nodiscard]] indexes empty_indexes();
  [[nodiscard]] std::size_t remembered() const;
  pending_index::map::add_result enter(const db::pending_change& change);
  void count_evicted(eviction_reason why);
  void show();

  self_pointer self_;
  node_ptr node_;
  reading when_;
  indexes waiting_;
  std::uint64_t evicted_{0}; // pushed out of memory by its caps since the start
  bool filling_{false};      // what the table had is being entered
  bool reload_needed_{true}; // the table may have something else
  bool loading_{false};
  bool failing_{false};
  changes changes_during_load_; // told of since the table was asked
  std::int64_t limit_{0};       // of the rows that are being read
  time_point asked_;
  time_point not_before_; // may it be asked again
  time_point due_;        // it is asked in any case
};

} // namespace prism
