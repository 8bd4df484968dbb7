#pragma once

#include "db/pg/statement.hpp"

namespace prism::reads {

/// What a session that only reads runs first. Its statements find rows by key or in the order of an
/// index, and PostgreSQL plans them once, maybe while tables are empty or for an account with few
/// rows. What suggests to read all rows of an account and sort them, or a whole table, is switched
/// off: for the account with a hundred thousand rows it would take seconds. What remembers rows of
/// a join is off, too: nearly all keys are different.
inline const db::statement reader_plans{"reader_plans", R"sql(
  SELECT set_config('enable_seqscan', 'off', false), set_config('enable_bitmapscan', 'off', false),
    set_config('enable_sort', 'off', false), set_config('enable_hashjoin', 'off', false),
    set_config('enable_mergejoin', 'off', false), set_config('enable_material', 'off', false),
    set_config('enable_memoize', 'off', false),
    set_config('jit', 'off', false), set_config('plan_cache_mode', 'force_generic_plan', false)
)sql"};

} // namespace prism::reads
