#pragma once

#include "core/error.hpp"

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace prism::db {

/// What a caller may do about a database error.
enum class error_class {
  transient,      ///< nothing was committed; the same work may succeed later
  commit_unknown, ///< the connection was lost at COMMIT: committed or not, only the data can tell
  poison,         ///< the data itself is refused; trying again cannot help, leaving it out can
  fatal           ///< wrong SQL, schema, rights or set-up: needs a person
};

/// The lower-case name used in logs and metric labels.
[[nodiscard]] std::string_view to_string(error_class cls) noexcept;

/// A failed database operation. No field ever holds a password.
struct db_error {
  error_class cls{error_class::fatal};
  /// Five characters. Failures noticed by the client carry the state that fits best (08006,
  /// 57014…).
  std::string sqlstate;
  std::string message;
  /// Name of the prepared statement, or the beginning of the SQL text.
  std::string statement;
};

/// Result type inside db/: `error` with the SQLSTATE kept.
template <class T>
using outcome = tl::expected<T, db_error>;

/// States that the client itself has to report, named so that nobody spells digits.
namespace sqlstate {
inline constexpr std::string_view connection_exception = "08000";
inline constexpr std::string_view cannot_connect = "08001";
inline constexpr std::string_view connection_closed = "08003";
inline constexpr std::string_view connection_failure = "08006";
inline constexpr std::string_view commit_unknown = "08007";
inline constexpr std::string_view invalid_parameter = "22023";
inline constexpr std::string_view bad_text = "22021";
inline constexpr std::string_view bad_timestamp = "22008";
inline constexpr std::string_view read_only = "25006";
inline constexpr std::string_view failed_transaction = "25P02";
inline constexpr std::string_view no_such_prepared = "26000";
inline constexpr std::string_view duplicate_prepared = "42P05";
inline constexpr std::string_view serialization_failure = "40001";
inline constexpr std::string_view deadlock = "40P01";
inline constexpr std::string_view too_large = "54000";
inline constexpr std::string_view object_state = "55000";
inline constexpr std::string_view lock_not_available = "55P03";
inline constexpr std::string_view query_canceled = "57014";
inline constexpr std::string_view internal = "XX000";
} // namespace sqlstate

/// Decides the class from the SQLSTATE (PostgreSQL 15 manual, appendix A).
/// @param state           five characters; anything else counts as unknown
/// @param connection_lost whether the connection was found dead with the error. A dead connection
///                        before COMMIT means that the server rolls back, so it is transient
///                        unless the state says that a retry meets the same refusal.
/// Pure; any thread.
[[nodiscard]] error_class classify(std::string_view state, bool connection_lost) noexcept;

/// The same for a login that the server refuses. 55000 is then a database that takes no connections
/// for now (ALTER DATABASE … ALLOW_CONNECTIONS false), which passes; from a statement it is fatal.
[[nodiscard]] error_class classify_refusal(std::string_view state) noexcept;

/// Builds an error for a failure that the client noticed; the class follows from the state.
[[nodiscard]] db_error make_error(std::string_view state, std::string message,
                                  std::string_view statement = {});

/// The same as the failure side of an `outcome`.
[[nodiscard]] inline tl::unexpected<db_error> db_fail(std::string_view state, std::string message,
                                                      std::string_view statement = {}) {
  return tl::unexpected<db_error>(make_error(state, std::move(message), statement));
}

/// For use outside db/: the kind by class, the text with state and statement.
[[nodiscard]] error to_error(const db_error& failure);

/// One line for logs: "40P01 (transient) in insert_likes: deadlock detected".
[[nodiscard]] std::string describe(const db_error& failure);

} // namespace prism::db
