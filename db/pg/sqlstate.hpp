#pragma once

#include "core/error.hpp"

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace prism::db {

/// What a caller can do about a database error.
enum class error_class {
  transient,      ///< nothing was committed; a later retry may succeed
  commit_unknown, ///< the connection was lost at COMMIT; only the data shows whether it happened
  poison,         ///< the data itself was rejected; only leaving it out helps
  fatal           ///< wrong SQL, schema, privileges or configuration: needs operator action
};

/// The lower-case name used in logs and metric labels.
[[nodiscard]] std::string_view to_string(error_class cls) noexcept;

/// A failed database operation. No field ever contains a password.
struct db_error {
  error_class cls{error_class::fatal};
  /// Five characters. Failures detected by the client have the state that fits best (08006, 57014
  /// …).
  std::string sqlstate;
  std::string message;
  /// Name of the prepared statement, or the start of the SQL text.
  std::string statement;
};

/// Result type inside db/, which keeps the SQLSTATE.
template <class T>
using outcome = tl::expected<T, db_error>;

/// States that the program reports or compares.
namespace sqlstate {
inline constexpr std::string_view connection_exception = "08000";
inline constexpr std::string_view cannot_connect = "08001";
inline constexpr std::string_view connection_closed = "08003";
inline constexpr std::string_view connection_failure = "08006";
inline constexpr std::string_view commit_unknown = "08007";
inline constexpr std::string_view bad_text = "22021";
inline constexpr std::string_view bad_timestamp = "22008";
inline constexpr std::string_view read_only = "25006";
inline constexpr std::string_view failed_transaction = "25P02";
inline constexpr std::string_view no_such_prepared = "26000";
inline constexpr std::string_view duplicate_prepared = "42P05";
inline constexpr std::string_view serialization_failure = "40001";
inline constexpr std::string_view deadlock = "40P01";
inline constexpr std::string_view too_many_connections = "53300";
inline constexpr std::string_view too_large = "54000";
inline constexpr std::string_view object_state = "55000";
inline constexpr std::string_view lock_not_available = "55P03";
inline constexpr std::string_view query_canceled = "57014";
inline constexpr std::string_view internal = "XX000";
/// PostgreSQL's config_file_error; here the client's settings and files (`connection::open`).
inline constexpr std::string_view client_configuration = "F0000";
// The pool's own, from a class that PostgreSQL does not use: the job was not begun.
inline constexpr std::string_view pool_queue_full = "PP001";
inline constexpr std::string_view pool_acquire_timeout = "PP002";
} // namespace sqlstate

/// The class of an SQLSTATE (PostgreSQL 15 manual, appendix A). Pure.
/// @param state           five characters; anything else counts as unknown
/// @param connection_lost whether the connection was lost with the error. If so, the server rolls
///                        back, and the error is transient unless the state says that a retry is
///                        rejected again.
[[nodiscard]] error_class classify(std::string_view state, bool connection_lost) noexcept;

/// The same for a login that the server rejects. 55000 then means a database that does not accept
/// connections at the moment (ALTER DATABASE … ALLOW_CONNECTIONS false) and is transient; from a
/// statement it is fatal.
[[nodiscard]] error_class classify_refusal(std::string_view state) noexcept;

/// Makes an error with the class of `state`, on a connection that is not lost.
[[nodiscard]] db_error make_error(std::string_view state, std::string message,
                                  std::string_view statement = {});

/// The same as the failure side of an `outcome`.
[[nodiscard]] inline tl::unexpected<db_error> db_fail(std::string_view state, std::string message,
                                                      std::string_view statement = {}) {
  return tl::unexpected<db_error>(make_error(state, std::move(message), statement));
}

/// The same error for use outside db/: its kind from the class, its message from `describe`.
[[nodiscard]] error to_error(const db_error& failure);

/// One line for logs: "40P01 (transient) in insert_likes: deadlock detected".
[[nodiscard]] std::string describe(const db_error& failure);

} // namespace prism::db
