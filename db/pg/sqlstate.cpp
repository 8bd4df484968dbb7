#include "db/pg/sqlstate.hpp"

#include <algorithm>
#include <array>

namespace prism::db {
namespace {

struct rule {
  std::string_view prefix; // a whole state or its class of two characters
  error_class cls;
};

// The longest matching prefix applies; states that are not listed are fatal.
constexpr std::array rules{
    rule{"08", error_class::transient},         // connection exceptions
    rule{"08P01", error_class::fatal},          // our message does not match the statement
    rule{"08007", error_class::commit_unknown}, // transaction_resolution_unknown
    rule{"21000", error_class::poison},         // one command affects a row twice
    rule{"22", error_class::poison},            // data exceptions
    rule{"23", error_class::poison},            // constraint violations
    rule{"25006", error_class::transient},      // read-only: a standby or a demoted primary
    rule{"25P03", error_class::transient},      // idle_in_transaction_session_timeout
    rule{"25P04", error_class::transient},      // transaction_timeout of PostgreSQL 17
    rule{"26000", error_class::transient},      // another server connection of a pooler
    rule{"40", error_class::transient},         // rollbacks: serialization, deadlock
    rule{"40002", error_class::poison},         // integrity constraint at commit
    rule{"40003", error_class::commit_unknown}, // statement_completion_unknown
    rule{"42P05", error_class::transient},      // the name exists on the pooler's connection
    rule{"44000", error_class::poison},         // WITH CHECK OPTION
    rule{"53", error_class::transient},         // disk full, memory, too many connections
    rule{"54", error_class::poison},            // too large for the server
    rule{"55P03", error_class::transient},      // lock_timeout or NOWAIT
    rule{"55006", error_class::transient},      // object in use
    rule{"57", error_class::transient},         // cancelled, shutting down, starting up
    rule{"57P04", error_class::fatal},          // the database was dropped
    rule{"58030", error_class::transient},      // I/O error
    rule{"72000", error_class::transient},      // snapshot too old
    rule{"PP", error_class::transient},         // refusals of our pool
    rule{"P0001", error_class::poison},         // RAISE EXCEPTION: a trigger rejected the row
};

} // namespace

std::string_view to_string(error_class cls) noexcept {
  switch (cls) {
  case error_class::transient:
    return "transient";
  case error_class::commit_unknown:
    return "commit_unknown";
  case error_class::poison:
    return "poison";
  case error_class::fatal:
    return "fatal";
  }
  return "unknown";
}

error_class classify(std::string_view state, bool connection_lost) noexcept {
  const rule* best = nullptr;
  if (state.size() == 5)
    for (const auto& candidate : rules)
      if (state.starts_with(candidate.prefix) &&
          (best == nullptr || candidate.prefix.size() > best->prefix.size()))
        best = &candidate;
  if (best != nullptr && (best->cls != error_class::fatal || !connection_lost))
    return best->cls;
  if (!connection_lost)
    return error_class::fatal;
  // A server that ends the session with one of these will do so again. With any other state, or
  // none, the connection itself failed.
  constexpr std::array<std::string_view, 4> lasting{"28", "3D", "42", "57P04"};
  const bool rejected_again =
      std::any_of(lasting.begin(), lasting.end(),
                  [state](std::string_view prefix) { return state.starts_with(prefix); });
  return rejected_again ? error_class::fatal : error_class::transient;
}

error_class classify_refusal(std::string_view state) noexcept {
  return state == sqlstate::object_state ? error_class::transient : classify(state, false);
}

db_error make_error(std::string_view state, std::string message, std::string_view statement) {
  return {classify(state, false), std::string(state), std::move(message), std::string(statement)};
}

error to_error(const db_error& failure) {
  errc code = errc::fatal;
  switch (failure.cls) {
  case error_class::transient:
    code = failure.sqlstate == sqlstate::query_canceled ? errc::timeout : errc::transient;
    break;
  case error_class::commit_unknown:
    code = errc::transient;
    break;
  case error_class::poison:
    code = errc::invalid;
    break;
  case error_class::fatal:
    code = errc::fatal;
    break;
  }
  return {code, "database: " + describe(failure)};
}

std::string describe(const db_error& failure) {
  return fmt::format("{} ({}){}{}: {}", failure.sqlstate.empty() ? "?????" : failure.sqlstate,
                     to_string(failure.cls), failure.statement.empty() ? "" : " in ",
                     failure.statement, failure.message);
}

} // namespace prism::db
