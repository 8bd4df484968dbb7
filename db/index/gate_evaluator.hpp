#pragma once

#include "db/index/dependents.hpp"
#include "db/index/effects.hpp"
#include "db/index/late_locks.hpp"
#include "db/index/post_notifications.hpp"
#include "db/index/posts.hpp"
#include "db/index/reply_roots.hpp"

#include <functional>
#include <unordered_map>
#include <unordered_set>

namespace prism::db {

/// Evaluates reply gates, quote gates and reply roots of the posts that a batch added, and decides
/// who is notified of them; then does the same again for stored posts that are newer than a change
/// of the batch and depend on it. Runs inside the batch's transaction, after all rows are written.
/// It flushes the counts of users and lists first: their row locks order it with batches that
/// change the same follows and lists (docs/ORDER.md). Use once.
class gate_evaluator {
public:
  using id_set = std::unordered_set<std::int64_t>;

  /// What the transaction has locked.
  struct locked_rows {
    id_set posts;   ///< posts whose counts are locked
    id_set threads; ///< roots of threads whose owners' counts `effects` will lock
  };

  /// All arguments must outlive the evaluator.
  /// @param late gets the posts that need a lock only now, out of order. Two batches could deadlock
  /// on them, so each lock is waited for at most 50 ms (then 55P03); the caller retries the
  /// transaction and locks them in order. If it is null they are waited for like all others.
  gate_evaluator(executor& on, effects& out, locked_rows locked, late_locks* late)
      : on_(on), effects_(out), locked_(std::move(locked)), late_locks_(late) {}

  /// @param changes what the batch changed, its new posts included.
  /// @param added the new posts, with mentions; `may_reply` and `may_embed` are set here.
  /// @param replies ids of those that are replies.
  /// @param quotes ids of those that quote.
  [[nodiscard]] outcome<void> run(const thread_changes& changes, std::vector<notifying_post> added,
                                  const id_set& replies, const id_set& quotes);

private:
  [[nodiscard]] outcome<void> find_dependents(const thread_changes& changes);
  [[nodiscard]] outcome<void> evaluate(const id_set& replies, const id_set& quotes);
  [[nodiscard]] outcome<void> evaluate_reply_roots(std::vector<reply_version> replies);
  [[nodiscard]] outcome<void> read_chains(const id_set& replies);
  void lock_late(pipeline& out, id_set posts);
  [[nodiscard]] bool covered(const ancestor& each) const;
  [[nodiscard]] outcome<void> renotify();

  executor& on_;
  effects& effects_;
  locked_rows locked_;
  late_locks* late_locks_;
  id_set added_;
  id_set found_;                         ///< posts that the changes may concern
  std::vector<std::int64_t> dependents_; ///< those of them that are not new
  id_set affected_;                      ///< those and their parents
  id_set violating_replies_;             ///< new replies that violate their gate
  id_set violating_quotes_;              ///< new quotes that violate theirs
  std::unordered_map<std::int64_t, std::vector<ancestor>> chains_;
};

} // namespace prism::db
