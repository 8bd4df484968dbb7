#pragma once

#include "db/pg/connection.hpp"

namespace prism::test {

/// A connection to a database with the two million rows of bench/reads/fill.sql, which is filled
/// once per program, in seconds.
[[nodiscard]] db::connection& synthetic_network();

} // namespace prism::test
