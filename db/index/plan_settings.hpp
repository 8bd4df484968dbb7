#pragma once

#include "db/pg/statement.hpp"

namespace prism::db {

/// The first statement of every transaction that writes data from the network. Its statements find
/// few rows by key, and PostgreSQL plans them once, while the tables may still be empty: so it may
/// not plan to read a whole table, and joins in the written order.
inline const statement plan_settings{"plan_settings", R"sql(
  SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
    set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true),
    set_config('join_collapse_limit', '1', true),
    set_config('plan_cache_mode', 'force_generic_plan', true)
)sql"};

} // namespace prism::db
