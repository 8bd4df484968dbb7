#pragma once

#include "db/index/dependents.hpp"
#include "db/index/effects.hpp"
#include "db/index/post_notifications.hpp"
#include "db/index/posts.hpp"

#include <functional>
#include <unordered_map>
#include <unordered_set>

namespace prism::db {

/// Judges what a batch's posts are and whom they tell, and judges again what the batch changes of
/// later posts. Runs inside the batch's transaction when all its rows are written. It flushes the
/// counts of users and lists first: the locks on those rows make it take turns with batches that
/// change the same follows and lists (docs/ORDER.md). Use once.
class gate_evaluator {
public:
  using id_set = std::unordered_set<std::int64_t>;

  /// What waits for the transaction.
  struct locked_rows {
    id_set posts;   ///< whose aggregates rows it has locked
    id_set threads; ///< roots of threads whose owners `effects` will lock
  };

  /// All arguments must outlive the judge.
  /// @param late_locks gets the posts that turn out to need a lock only now, out of their turn. Two
  /// batches might each wait for the other's, so they are waited for 50 ms only, and the caller has
  /// them locked in their turn when the transaction is tried again (55P03). If it is null they
  /// are waited for as long as others.
  gate_evaluator(executor& on, effects& out, locked_rows what,
                 std::vector<std::int64_t>* late_locks)
      : on_(on), effects_(out), locked_(std::move(what)), late_locks_(late_locks) {}

  /// @param changes what the batch changed, its new posts included.
  /// @param added the new posts, as `notifying_post` with mentions; verdicts are filled here.
  /// @param replies ids of those that are replies; @param quotes ids of those that quote.
  [[nodiscard]] outcome<void> run(const thread_changes& changes, std::vector<notifying_post> added,
                                  const id_set& replies, const id_set& quotes);

private:
  [[nodiscard]] outcome<void> find_dependents(const thread_changes& changes);
  [[nodiscard]] outcome<void> evaluate(const id_set& replies, const id_set& quotes);
  [[nodiscard]] outcome<void> recompute_reply_roots(std::vector<std::int64_t> ids);
  [[nodiscard]] outcome<void> read_chains(const id_set& replies);
  void lock_late(pipeline& out, id_set posts);
  [[nodiscard]] bool covered(const ancestor& each) const;
  [[nodiscard]] outcome<void> renotify();

  executor& on_;
  effects& effects_;
  locked_rows locked_;
  std::vector<std::int64_t>* late_locks_;
  id_set added_;
  id_set found_;                         ///< what the changes may concern
  std::vector<std::int64_t> dependents_; ///< those of them that are not new
  id_set affected_;                      ///< what the changes may concern, and what that answers
  id_set violating_replies_;             ///< new replies that break their gate
  id_set violating_quotes_;              ///< new quotes that break theirs
  std::unordered_map<std::int64_t, std::vector<ancestor>> chains_;
};

} // namespace prism::db
