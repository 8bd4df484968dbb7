#pragma once

#include "db/pg/connection.hpp"
#include "db/pg/retry_policy.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace prism::db {

enum class isolation { read_committed, repeatable_read, serializable };

/// How a transaction runs. All of it is set with SET LOCAL, so it ends with the transaction and is
/// safe behind a pooler.
struct tx_options {
  using milliseconds = std::chrono::milliseconds;

  /// For everything together, retries and their delays included.
  milliseconds deadline{10'000};

  /// Per statement, by the server. Never longer than what is left of `deadline` and a second, so
  /// that the server stops by itself if this process cannot tell it to.
  milliseconds statement_timeout{30'000};

  /// How long one statement may wait for a lock (then 55P03).
  milliseconds lock_timeout{5'000};

  /// Limit for the rollback, which must be done before an error is reported. A server that does not
  /// answer loses the connection, which ends the transaction too.
  milliseconds rollback_grace{5'000};

  isolation level{isolation::read_committed};

  /// False: COMMIT does not wait for the disk. A crash of the *server* may then lose the last
  /// transactions, always the newest ones, whole, and with the cursor that was written in them.
  bool synchronous_commit{true};

  retry_policy retry{};

  /// How to wait between tries; empty: sleep.
  std::function<void(milliseconds)> sleep{};

  /// Told before each retry why the last try failed; empty: nobody. For counting; must not throw.
  std::function<void(const db_error&)> on_retry{};
};

/// The inside of `transaction::run()`: statements run on it belong to the transaction. BEGIN and
/// the settings travel with the first of them.
class tx final : public executor {
public:
  /// @param late_locks see `late_locks()`; outlives this try.
  tx(connection& on, const tx_options& options, std::vector<std::int64_t>& late_locks)
      : on_(on), options_(options), late_locks_(late_locks) {}
  tx(const tx&) = delete;
  tx& operator=(const tx&) = delete;

  [[nodiscard]] outcome<std::vector<result>> round_trip(std::span<const request> requests) override;
  [[nodiscard]] outcome<void> exec_script(const std::string& sql) override;

  /// Posts that a try found out late to need locked (`queue_lock_posts_late`): the next try of the
  /// same `run()` finds them here and locks them in their turn.
  [[nodiscard]] std::vector<std::int64_t>& late_locks() noexcept { return late_locks_; }

  /// For run(): sends COMMIT, unless no statement has run.
  [[nodiscard]] outcome<void> commit();

  /// For run(): returns when the server has rolled back or the connection is closed.
  void roll_back();

private:
  [[nodiscard]] outcome<void> begin();
  [[nodiscard]] params settings() const;

  connection& on_;
  const tx_options& options_;
  std::vector<std::int64_t>& late_locks_;
  bool begun_{false};
  std::optional<db_error> first_error_;
};

/// Runs work as one database transaction.
class transaction {
public:
  /// Calls `work(tx&)`, which returns an `outcome<T>`, and commits when it succeeds.
  ///
  /// On an error it rolls back before it returns. Errors that pass by themselves (`retry_policy`)
  /// are retried by calling `work` again, on a new connection if the old one is lost: `work` must
  /// therefore have no effects outside of the transaction, but for `late_locks()`. The deadline
  /// cancels a running statement. A connection lost at COMMIT gives `error_class::commit_unknown`
  /// and is never retried here: only idempotent work may be done again then. An exception out of
  /// `work` rolls back and is `fatal`. Blocks; the connection's thread.
  template <class Work>
  [[nodiscard]] static auto run(connection& on, const tx_options& options, Work&& work)
      -> std::invoke_result_t<Work&, tx&> {
    std::optional<std::invoke_result_t<Work&, tx&>> answer;
    auto done = run_steps(on, options, [&](tx& inside) -> outcome<void> {
      answer.emplace(work(inside));
      if (!*answer)
        return tl::unexpected(answer->error());
      return {};
    });
    if (!done)
      return tl::unexpected(std::move(done.error()));
    return std::move(*answer);
  }

private:
  [[nodiscard]] static outcome<void> run_steps(connection& on, const tx_options& options,
                                               const std::function<outcome<void>(tx&)>& work);
};

} // namespace prism::db
