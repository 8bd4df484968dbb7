#pragma once

#include "actors/runtime/node_context.hpp"
#include "core/pending_index.hpp"
#include "db/index/pending.hpp"
#include "messages/interfaces.hpp"

namespace prism {

/// A cache of the table pending_ops, for its gauges and for inspection only: which operations are
/// parked for which referent, within the caps of the options. The table alone decides what is
/// released, in the transaction of the batch.
///
/// It loads the newest parked operations, so that millions of older ones cost nothing, and follows
/// the reports of those that change the table. Reports of two shards may overtake each other, and
/// some get lost; so the table is reloaded from time to time, and soon when a report is known to be
/// missing. Operations that exceed the caps are counted.
class pending_ops_state {
public:
  using interface = pending_ops_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "pending_ops";

  /// When the table is reloaded.
  struct reload_times {
    std::chrono::milliseconds poll_interval{1'000}; ///< how often the conditions are checked
    std::chrono::milliseconds pause{10'000};        ///< minimum between two loads
    std::chrono::milliseconds every{300'000};       ///< even if no report is missing
  };

  /// Maximum rows of one load, which bounds its memory and work. Operations beyond them leave the
  /// cache and are counted.
  static constexpr std::int64_t max_loaded_rows = 20'000;

  /// Changes kept that are reported during a load; more of them cause another load.
  static constexpr std::size_t changes_during_load_capacity = 20'000;

  pending_ops_state(self_pointer self, node_ptr node);
  pending_ops_state(self_pointer self, node_ptr node, reload_times times);

  interface::behavior_type make_behavior();

private:
  using indexes = std::array<pending_index, 2>; // in the order of metrics::labels::pending_maps
  using changes = std::vector<db::pending_change>;

  void on_tick();
  pending_noted on_report(const pending_changed& report);
  [[nodiscard]] actor_status status() const;

  void load_if_due();
  void on_loaded(const changes& table);
  void on_load_failed(const std::string& error);

  void apply_reported(const db::pending_change& change);
  pending_index::map::add_result apply(const db::pending_change& change);
  [[nodiscard]] indexes empty_indexes();
  [[nodiscard]] std::size_t cached_ops() const;
  void count_evicted(eviction_reason reason);
  void update_gauges();

  self_pointer self_;
  node_ptr node_;
  reload_times times_;
  indexes indexes_;
  std::uint64_t evicted_{0}; // by the caps, since the start
  bool filling_{false};      // loaded rows are being entered
  bool reload_needed_{true}; // a report is known to be missing
  bool loading_{false};
  bool failing_{false};         // the last load failed
  changes changes_during_load_; // reported since the load began
  std::int64_t load_limit_{0};  // rows of the load
  time_point load_began_;
  time_point not_before_; // earliest next load
  time_point due_;        // next load if no report is missing
};

} // namespace prism
