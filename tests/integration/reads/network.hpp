#pragma once

#include "db/pg/connection.hpp"

namespace prism::test {

/// A connection to a database with the two million rows of bench/reads/fill.sql. Filled once per
/// program, within seconds.
[[nodiscard]] db::connection& synthetic_network();

} // namespace prism::test
