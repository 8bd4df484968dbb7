#pragma once

#include "db/index/dependents.hpp"
#include "db/index/effects.hpp"
#include "db/index/history.hpp"
#include "db/index/pending.hpp"
#include "db/index/report.hpp"
#include "db/index/resolved_batch.hpp"
#include "db/index/thread_judge.hpp"

#include <unordered_set>

namespace prism::db {

class step;

/// Writes one plan inside a transaction, step by step; each step is one round trip. Use once.
class batch_writer {
public:
  /// All arguments must outlive the writer.
  /// @param out gets what the rows do to counts, feeds and notifications; the caller flushes it.
  batch_writer(executor& on, const id_map& ids, index_plan plan, effects& out, apply_report& report)
      : on_(on), ids_(ids), plan_(std::move(plan)), effects_(out), report_(report) {}

  /// @param also_lock uris whose counts will change for reasons the plan does not show: subjects
  /// and parents of what it deletes.
  /// @param late_locks locked too, and added to by `thread_judge`.
  [[nodiscard]] outcome<void> write(const std::vector<std::int64_t>& also_lock,
                                    std::vector<std::int64_t>* late_locks = nullptr);

private:
  using id_set = std::unordered_set<std::int64_t>;

  [[nodiscard]] outcome<void> lock(id_set locks);
  [[nodiscard]] outcome<void> remove_old();
  void remove_edges(step& next);
  void remove_posts(step& next);
  void remove_documents(step& next);
  [[nodiscard]] outcome<void> settle_referents();
  [[nodiscard]] outcome<void> insert_new();
  [[nodiscard]] outcome<void> judge(std::vector<std::int64_t>* late_locks);

  void collect_puts();
  void park_waiting(atproto::collection kind);
  void collect_passed(atproto::collection kind, const planned_path& path);
  void note_edge_change(atproto::collection kind, const edge& row, micros when);
  void note_post_change(const planned_path& path, std::optional<std::int64_t> root,
                        std::optional<std::int64_t> root_owner);
  void tell_of_joins();
  [[nodiscard]] static id_set creators_of_self(const result& profiles);
  void note_pending(std::vector<pending_change> changes);
  void count_op(atproto::collection kind, op_action action, std::size_t n);

  executor& on_;
  const id_map& ids_;
  index_plan plan_;
  effects& effects_;
  apply_report& report_;

  id_set live_; // posts and lists that the batch refers to and that are indexed, at each moment
  std::array<std::vector<edge>, atproto::collection_count> edges_;
  std::array<std::vector<edge>, atproto::collection_count> vacated_; // pairs without a counted row
  std::array<std::vector<document>, atproto::collection_count> documents_;
  std::vector<post> posts_;
  std::vector<pending_op> parked_;
  std::vector<std::int64_t> gone_posts_; // deleted and not put again
  std::vector<std::int64_t> gone_lists_;
  id_set had_profile_; // users whose profile was deleted or replaced
  id_set has_new_profile_;

  batch_history history_;
  thread_changes changes_;
  thread_judge::held held_;
};

} // namespace prism::db
