#pragma once

#include "db/pg/connection.hpp"

#include <cstddef>
#include <future>
#include <libpq-fe.h>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace prism::db {

struct finish_connection {
  void operator()(PGconn* raw) const noexcept { PQfinish(raw); }
};
using connection_ptr = std::unique_ptr<PGconn, finish_connection>;

/// The state that the parts of a connection share. Internal to db/pg.
struct connection_state {
  struct prepared_entry {
    const char* sql;
    std::vector<pg_type> types;
    std::string server_name;
  };

  connect_options options;
  wait_for_socket wait_for; // empty: poll()
  connection_ptr raw;
  connection::clock::time_point deadline{connection::default_deadline};
  bool named_statements{true};
  bool unreplicated{false};                 // see connection::take_unreplicated()
  std::shared_future<outcome<void>> cancel; // the request that nobody has waited for
  std::unordered_map<std::string_view, prepared_entry> prepared; // by statement::name

  /// The deadline of a round trip that begins now.
  [[nodiscard]] connection::clock::time_point round_trip_deadline() const noexcept;

  /// Closes the connection.
  void drop() noexcept;

  /// Closes the connection if libpq has found it lost. @returns whether it is closed.
  bool drop_if_lost() noexcept;

  /// See connection::is_cancelling().
  [[nodiscard]] bool is_cancelling() const noexcept;

  /// Checks that a statement may be sent, and closes the connection if a cancel request is still on
  /// its way to it. Errors: 08003 without a connection, 57014 after the deadline.
  [[nodiscard]] outcome<void> ready_to_send(std::string_view label);
};

/// Makes the error from the fields of a failed result, or from its message if it has none.
[[nodiscard]] db_error error_from(const PGresult* failed, const std::string& label);

/// Connects to one host with `state.options` within `limit`. Notices of the server go to the log,
/// not to stderr, and that of a wait for a standby to `state.unreplicated`; so `state` outlives the
/// connection. Errors: see connection::open().
[[nodiscard]] outcome<connection_ptr> connect(connection_state& state, const keyword_list& keywords,
                                              std::chrono::milliseconds limit);

} // namespace prism::db
