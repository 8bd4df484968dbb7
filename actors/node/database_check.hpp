#pragma once

#include "core/error.hpp"
#include "db/pg/connection.hpp"

namespace prism {

/// The oldest PostgreSQL that has everything the migrations and queries use (15), as
/// `connection::server_version()` counts.
inline constexpr int min_server_version = 150'000;

/// Checks that prismd can work with the server and database of `connection`: the version is
/// `min_version` or later, the encoding UTF8.
/// Errors: `errc::invalid` with a sentence that names the found and the required one;
/// `errc::transient` or `errc::fatal` if the database could not be asked.
[[nodiscard]] expected<void> check_database(db::connection& connection,
                                            int min_version = min_server_version);

} // namespace prism
