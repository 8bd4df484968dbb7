#pragma once

#include "db/pg/sqlstate.hpp"

namespace prism {

/// Whether a smaller batch may succeed where this one failed: it ran out of time (ours, or the
/// server's limits for statements, locks and idle transactions) or of memory.
[[nodiscard]] inline bool ends_sooner_if_smaller(const db::db_error& error) {
  return error.cls == db::error_class::transient &&
         (error.sqlstate == db::sqlstate::query_canceled ||
          error.sqlstate == db::sqlstate::lock_not_available || error.sqlstate == "25P03" ||
          error.sqlstate == "53200");
}

} // namespace prism
