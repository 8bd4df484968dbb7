#pragma once

#include "db/index/dependents.hpp"
#include "db/index/effects.hpp"
#include "db/index/gate_evaluator.hpp"
#include "db/index/history.hpp"
#include "db/index/pending.hpp"
#include "db/index/report.hpp"
#include "db/index/resolved_batch.hpp"

#include <unordered_map>
#include <unordered_set>

namespace prism::db {

class round_trip;

/// Writes one plan inside a transaction, step by step; each step is one round trip. Use once.
class batch_writer {
public:
  /// All arguments must outlive the writer.
  /// @param out receives the changes of counts, feeds and notifications; the caller flushes it.
  batch_writer(executor& on, const id_map& ids, index_plan plan, effects& out, apply_report& report)
      : on_(on), ids_(ids), plan_(std::move(plan)), effects_(out), report_(report) {}

  /// @param also_lock posts that the plan does not name and whose counts change: subjects and
  /// parents of deleted records (`queue_select_touched_posts`).
  /// @param late_locks locked as well; `gate_evaluator` adds to them.
  [[nodiscard]] outcome<void> write(const std::vector<std::int64_t>& also_lock,
                                    std::vector<std::int64_t>* late_locks = nullptr);

private:
  using id_set = std::unordered_set<std::int64_t>;

  [[nodiscard]] outcome<void> lock(id_set locks, bool wait_briefly);
  [[nodiscard]] outcome<void> lock_new_rows(const id_set& locks, const id_set& posts,
                                            bool wait_briefly);
  [[nodiscard]] outcome<void> note_live(const result& ids);
  [[nodiscard]] outcome<void> remove_old();
  void remove_relations(round_trip& next);
  void remove_posts(round_trip& next);
  void remove_documents(round_trip& next);
  [[nodiscard]] outcome<void> release_and_park();
  [[nodiscard]] outcome<void> insert_new();
  [[nodiscard]] outcome<void> evaluate_gates(std::vector<std::int64_t>* late_locks);

  void collect_puts();
  void park_waiting(atproto::collection kind);
  void collect_superseded(atproto::collection kind, const planned_path& path);
  void note_relation_change(atproto::collection kind, const relation& row, stream_place where);
  void note_post_change(const planned_path& path, std::optional<std::int64_t> root,
                        std::optional<std::int64_t> root_owner);
  void note_ended_op_reply(const planned_path& path, const ended_op_reply& reply);
  void notify_starter_pack_joins();
  [[nodiscard]] static id_set creators_of_self(const result& profiles);
  void note_pending(std::vector<pending_change> changes);
  void count_op(atproto::collection kind, op_action action, std::size_t n);

  executor& on_;
  const id_map& ids_;
  index_plan plan_;
  effects& effects_;
  apply_report& report_;

  id_set live_; // indexed posts and lists that the batch refers to; kept up to date
  std::array<std::vector<relation>, atproto::collection_count> relations_;
  std::array<std::vector<relation>, atproto::collection_count>
      vacated_pairs_; // pairs without a counted row
  std::array<std::vector<document>, atproto::collection_count> documents_;
  std::vector<post> posts_;
  std::vector<pending_op> parked_;
  std::vector<std::int64_t> deleted_posts_; // deleted and not inserted again
  std::vector<std::int64_t> deleted_lists_;
  /// Users whose profile was deleted or replaced, and its place.
  std::unordered_map<std::int64_t, stream_place> had_profile_;
  id_set has_new_profile_;

  batch_history history_;
  thread_changes changes_;
  gate_evaluator::locked_rows locked_;
};

} // namespace prism::db
