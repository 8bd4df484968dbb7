#pragma once

#include "db/pg/connection.hpp"

#include <chrono>

namespace prism::db {

/// Waits for the end of all batches and purges, of any node, that may not see what was committed
/// before this call. An
/// account is marked as deleted first and loses its notifications after this wait, since such a
/// transaction may still notify it. Blocks; the connection's thread.
/// @returns a transient error after `limit`
[[nodiscard]] outcome<void> wait_for_older_transactions(connection& on,
                                                        std::chrono::milliseconds limit);

} // namespace prism::db
