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

/// How a transaction runs. Every setting is local to the transaction, so it is safe behind a
/// connection pooler.
struct tx_options {
  using milliseconds = std::chrono::milliseconds;

  /// Limit of the whole, including retries and the delays between them.
  milliseconds deadline{10'000};

  /// Limit of each statement, enforced by the server. Never more than the rest of `deadline` plus
  /// one second, so that the server stops by itself if this process cannot cancel.
  milliseconds statement_timeout{30'000};

  /// How long one statement may wait for a lock (then 55P03).
  milliseconds lock_timeout{5'000};

  /// Limit of the rollback, which ends before an error is reported. If the server does not answer
  /// in time, the connection is closed, which also ends the transaction.
  milliseconds rollback_grace{5'000};

  isolation level{isolation::read_committed};

  /// False: COMMIT does not wait for the disk. A crash of the *server* may then lose the newest
  /// transactions, each as a whole, including the cursor written in it.
  bool synchronous_commit{true};

  retry_policy retry{};

  /// Waits between tries; empty: sleeps.
  std::function<void(milliseconds)> sleep{};

  /// Called before each retry with the error of the last try, for counting; may be empty. Must not
  /// throw.
  std::function<void(const db_error&)> on_retry{};
};

/// The inside of `transaction::run()`: statements run on it belong to the transaction. BEGIN and
/// the settings travel with the first of them.
class tx final : public executor {
public:
  tx(connection& on, const tx_options& options) : on_(on), options_(options) {}
  tx(const tx&) = delete;
  tx& operator=(const tx&) = delete;

  [[nodiscard]] outcome<std::vector<result>> round_trip(std::span<const request> requests) override;
  [[nodiscard]] outcome<void> exec_script(const std::string& sql) override;

  /// For run(): sends COMMIT, unless no statement has run.
  [[nodiscard]] outcome<void> commit();

  /// For run(): returns when the server has rolled back or the connection is closed.
  void roll_back();

private:
  [[nodiscard]] outcome<void> begin();
  [[nodiscard]] params settings() const;

  connection& on_;
  const tx_options& options_;
  bool begun_{false};
  std::optional<db_error> first_error_;
};

/// Runs work as one database transaction.
class transaction {
public:
  /// Calls `work(tx&)`, which returns an `outcome<T>`, and commits when it succeeds.
  ///
  /// On an error it rolls back before it returns. After a transient error (`retry_policy`) it calls
  /// `work` again, on a new connection if the old one is lost: `work` must therefore have no
  /// effects outside of the transaction. What one try learns for the next goes into a variable
  /// declared outside of `run()` and captured by `work`. The deadline cancels a running statement.
  /// A connection lost at COMMIT gives `error_class::commit_unknown` and is never retried here,
  /// since only idempotent work may be repeated then. An exception thrown by `work` rolls back and
  /// is `fatal`. Blocks; the connection's thread.
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
