#pragma once

#include "db/pg/sqlstate.hpp"

namespace prism {

/// Whether a batch of fewer things may do what this one could not: it ran out of time (ours, or the
/// server's limits for statements, locks and idle transactions) or of memory.
[[nodiscard]] inline bool ends_sooner_if_smaller(const db::db_error& why) {
  return why.cls == db::error_class::transient &&
         (why.sqlstate == db::sqlstate::query_canceled ||
          why.sqlstate == db::sqlstate::lock_not_available || why.sqlstate == "25P03" ||
          why.sqlstate == "53200");
}

} // namespace prism
