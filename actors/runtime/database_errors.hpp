#pragma once

#include "db/pg/sqlstate.hpp"

namespace prism {

/// Whether it was cut off while it ran: by our deadline, or by the server's limits for statements,
/// transactions and idle transactions.
[[nodiscard]] inline bool ran_out_of_time(const db::db_error& error) {
  return error.cls == db::error_class::transient &&
         (error.sqlstate == db::sqlstate::query_canceled || error.sqlstate == "25P03" ||
          error.sqlstate == "25P04");
}

/// Whether a smaller batch may succeed where this one failed: it ran out of time, or of locks,
/// memory, disk or another resource that the server limits (53400 is temp_file_limit; class 54 is
/// poison, and so bisected anyway). 53300, too many connections, has nothing to do with the batch.
[[nodiscard]] inline bool ends_sooner_if_smaller(const db::db_error& error) {
  return ran_out_of_time(error) || (error.cls == db::error_class::transient &&
                                    (error.sqlstate == db::sqlstate::lock_not_available ||
                                     (error.sqlstate.starts_with("53") &&
                                      error.sqlstate != db::sqlstate::too_many_connections)));
}

} // namespace prism
