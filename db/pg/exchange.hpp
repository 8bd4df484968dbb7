#pragma once

#include "db/pg/connection_state.hpp"
#include "db/pg/waiter.hpp"

#include <optional>
#include <span>
#include <vector>

namespace prism::db {

/// One round trip in libpq's pipeline mode (PostgreSQL 15 manual, 34.5): statements are sent
/// without waiting for the results of earlier ones, and results are read while there is still data
/// to send, so that two full socket buffers cannot deadlock. Internal to db/pg; an object runs
/// once.
class exchange {
public:
  exchange(connection_state& state, std::span<const request> requests)
      : state_(state), requests_(requests), waiter_(state, requests) {}

  [[nodiscard]] outcome<std::vector<result>> run();

  /// Whether the round trip failed because a prepared statement did not exist on the server
  /// connection, or existed already, and no statement had run: the requests can be sent again,
  /// without prepared statements.
  [[nodiscard]] bool can_retry_unnamed() const noexcept {
    return pooler_detected_ && results_.empty();
  }

private:
  enum class statement_kind { prepare, execute };
  struct sent_statement {
    statement_kind kind;
    std::size_t request; // index
    bool done;
  };

  [[nodiscard]] outcome<void> check() const;
  [[nodiscard]] bool send_all();
  [[nodiscard]] bool send(std::size_t index);
  [[nodiscard]] bool send_prepare(std::size_t index, connection_state::prepared_entry& entry);
  [[nodiscard]] bool flush();
  [[nodiscard]] bool read_all();
  [[nodiscard]] bool read_ready();
  void read_closing_error();
  void take(PGresult* raw);
  void drop_unfinished_prepares();
  [[nodiscard]] std::string why_given_up() const;
  [[nodiscard]] db_error finish_error(db_error failure, bool lost) const;

  connection_state& state_;
  std::span<const request> requests_;
  waiter waiter_;
  std::vector<sent_statement> sent_;
  std::size_t current_{0}; // the statement whose results come next
  bool synced_{false};
  bool gave_up_{false};
  bool pooler_detected_{false};
  std::vector<result> results_;
  std::optional<db_error> failure_;
};

/// Runs SQL text of several commands by the simple protocol. Internal to db/pg.
[[nodiscard]] outcome<void> run_script(connection_state& state, const std::string& sql);

} // namespace prism::db
