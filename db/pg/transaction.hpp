#pragma once

#include "db/pg/connection.hpp"
#include "db/pg/retry_policy.hpp"
#include "db/pg/server_identity.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace prism::db {

/// How a transaction runs: READ COMMITTED, with synchronous commit. Settings are made with SET
/// LOCAL, so they end with the transaction and are safe behind a pooler.
struct tx_options {
  using milliseconds = std::chrono::milliseconds;

  /// Time limit of the transaction, retries and their delays included.
  milliseconds deadline{10'000};

  /// Time limit of a statement, enforced by the server. Never longer than the time until the
  /// deadline plus a second, so that the server stops on its own if this process cannot cancel.
  milliseconds statement_timeout{30'000};

  /// Time that one statement may wait for a lock (55P03 after that).
  milliseconds lock_timeout{5'000};

  /// Time limit of the rollback, which is done before an error is reported. If the server does not
  /// answer, the connection is closed, which ends the transaction too.
  milliseconds rollback_grace{5'000};

  /// The server on which everything was read that the work builds on; empty: any. On another one,
  /// or after it was started again, the transaction is rolled back with `server_changed`.
  std::string server_start{};

  retry_policy retry{};

  /// Waits between attempts; empty: sleeps.
  std::function<void(milliseconds)> sleep{};

  /// Called before each retry with the error of the last attempt, for counting. May be empty; must
  /// not throw.
  std::function<void(const db_error&)> on_retry{};
};

/// The transaction inside `transaction::run()`. BEGIN and the settings are sent together with the
/// first statement.
class tx final : public executor {
public:
  tx(connection& conn, const tx_options& options) : conn_(conn), options_(options) {}
  tx(const tx&) = delete;
  tx& operator=(const tx&) = delete;

  [[nodiscard]] outcome<std::vector<result>> round_trip(std::span<const request> requests) override;
  [[nodiscard]] outcome<void> exec_script(const std::string& sql) override;

  /// Sends COMMIT, unless no statement has run. For run().
  [[nodiscard]] outcome<void> commit();

  /// Rolls back, or closes the connection if that fails. For run().
  void roll_back();

private:
  [[nodiscard]] outcome<void> begin();
  [[nodiscard]] outcome<void> check_server(const result& settings);
  [[nodiscard]] params settings() const;

  connection& conn_;
  const tx_options& options_;
  bool begun_{false};
  std::optional<db_error> first_error_;
};

/// Runs work as one database transaction.
class transaction {
public:
  /// Calls `work(tx&)`, which returns an `outcome<T>`, and commits if it succeeds.
  ///
  /// After an error it rolls back before it returns. Retryable errors (`retry_policy`) make it call
  /// `work` again, on a new connection if the old one is lost, so `work` must have no effects
  /// outside the transaction. What one attempt learns for the next goes into a variable declared
  /// outside `run()` and captured by `work`. The deadline cancels a running statement. A connection
  /// lost at COMMIT gives `error_class::commit_unknown` and is not retried here, since only
  /// idempotent work may be repeated then. An exception from `work` rolls back and gives a `fatal`
  /// error. Blocks; the connection's thread.
  template <class Work>
  [[nodiscard]] static auto run(connection& conn, const tx_options& options, Work&& work)
      -> std::invoke_result_t<Work&, tx&> {
    std::optional<std::invoke_result_t<Work&, tx&>> answer;
    auto done = run_attempts(conn, options, [&](tx& inside) -> outcome<void> {
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
  [[nodiscard]] static outcome<void> run_attempts(connection& conn, const tx_options& options,
                                                  const std::function<outcome<void>(tx&)>& work);
};

} // namespace prism::db
