#pragma once

#include "db/pg/executor.hpp"

namespace prism::reads {

/// What a transaction that only reads runs first: settings of the planner. Its statements find rows
/// by key or in the order of an index, and PostgreSQL plans them once, maybe while tables are empty
/// or for an account with few rows. What suggests to read all rows of an account and sort them, or
/// a whole table, is switched off: for the account with a hundred thousand rows it would take
/// seconds. What remembers rows of a join is off, too: nearly all keys are different. $1: whether
/// for this transaction only. Behind a pooler the next one may be another client's, and what a
/// session sets stays on the server for the writers. Without a pooler a session sets it once.
inline const db::statement reader_plans{"reader_plans", R"sql(
  SELECT set_config('enable_seqscan', 'off', $1), set_config('enable_bitmapscan', 'off', $1),
    set_config('enable_sort', 'off', $1), set_config('enable_hashjoin', 'off', $1),
    set_config('enable_mergejoin', 'off', $1), set_config('enable_material', 'off', $1),
    set_config('enable_memoize', 'off', $1),
    set_config('jit', 'off', $1), set_config('plan_cache_mode', 'force_generic_plan', $1)
)sql"};

/// Sets them for the whole session, which must have a server of its own.
[[nodiscard]] inline db::outcome<void> set_reader_plans(db::executor& on) {
  const auto set = on.exec_prepared(reader_plans, db::params().boolean(false));
  if (!set)
    return tl::unexpected(set.error());
  return {};
}

} // namespace prism::reads
