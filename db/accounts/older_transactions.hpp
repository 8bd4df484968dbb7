#pragma once

#include "db/pg/connection.hpp"

#include <chrono>

namespace prism::db {

/// Waits until all batches and purges that were open at the time of this call have ended, on any
/// node. They may not see what was committed before the call. A purge marks the account as deleted,
/// waits, and only then deletes its notifications, since an open batch may still insert one.
/// Blocks; the connection's thread.
/// @returns a transient error after `limit`
[[nodiscard]] outcome<void> wait_for_older_transactions(connection& on,
                                                        std::chrono::milliseconds limit);

} // namespace prism::db
