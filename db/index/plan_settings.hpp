#pragma once

#include "db/pg/statement.hpp"

namespace prism::db {

/// The first statement of every transaction that writes what came from the network. Its statements
/// touch few rows by key, and their plans are made once, on tables that then grow: a plan that
/// reads a whole table must never be among the choices, and joins are done in the order in which
/// they are written.
inline const statement plan_settings{"plan_settings", R"sql(
  SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
    set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true),
    set_config('join_collapse_limit', '1', true),
    set_config('plan_cache_mode', 'force_generic_plan', true)
)sql"};

} // namespace prism::db
