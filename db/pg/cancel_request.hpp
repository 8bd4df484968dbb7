#pragma once

#include "db/pg/sqlstate.hpp"

#include <chrono>
#include <future>

struct pg_conn; // libpq's PGconn

namespace prism::db {

/// Asks the server, over a connection of its own, to cancel the statement that `raw` is running,
/// and waits until the server has accepted the request. The statement then fails with 57014, unless
/// it has just finished. Internal to db/pg. Blocks; the connection's thread.
/// @param limit after which to stop waiting; the server may still receive the request then
/// Errors: 08006 if the server cannot be reached or has not accepted the request within `limit`.
[[nodiscard]] outcome<void> request_cancel(pg_conn* raw, std::chrono::milliseconds limit);

/// The same without waiting.
/// @returns has its value when the request can do nothing any more
[[nodiscard]] std::shared_future<outcome<void>> begin_cancel(pg_conn* raw);

} // namespace prism::db
