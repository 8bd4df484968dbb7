#pragma once

#include "db/pg/connection.hpp"

#include <cstddef>
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

/// What the parts of a connection share. Internal to db/.
struct connection_state {
  struct prepared_entry {
    const char* sql;
    std::vector<pg_type> types;
    std::string server_name;
    bool ready{false};
  };

  connect_options options;
  connection_ptr raw;
  canceller cancel;
  connection::clock::time_point deadline{connection::default_deadline};
  bool named_statements{true};
  std::unordered_map<std::string_view, prepared_entry> prepared;

  /// The moment at which a round trip that begins now gives up.
  [[nodiscard]] connection::clock::time_point round_trip_deadline() const noexcept;

  /// Ends a connection that is of no more use.
  void drop() noexcept;

  /// Drops the connection if libpq found it dead; whether it did.
  bool drop_if_lost() noexcept;

  /// 08003 without a connection, 57014 after the deadline: then nothing must be sent.
  [[nodiscard]] outcome<void> ready_to_send(std::string_view label) const;
};

/// Builds the error from a failed result, or from the connection's message if it has no fields.
[[nodiscard]] db_error error_from(const PGresult* failed, const std::string& label);

/// Connects within `limit` without ever writing to stderr.
[[nodiscard]] outcome<connection_ptr> connect(const connect_options& options,
                                              std::chrono::milliseconds limit);

} // namespace prism::db
