#pragma once

#include "db/pg/statement.hpp"

namespace prism::db {

/// The first statement of every transaction that writes data from the network. Its statements find
/// few rows by key, and PostgreSQL plans them once, while the tables may still be empty and have no
/// statistics: so it may not plan to read a whole table or index, and joins in the written order.
/// A row that is read costs many times what it does by default, against that of a page: reading a
/// small partial index to its end, or to fill a hash table of a sub-select, is what an empty table
/// suggests, and there is no switch against it.
inline const statement plan_settings{"plan_settings", R"sql(
  SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
    set_config('enable_mergejoin', 'off', true), set_config('enable_material', 'off', true),
    set_config('seq_page_cost', '1', true), set_config('random_page_cost', '4', true),
    set_config('cpu_tuple_cost', '1', true), set_config('cpu_index_tuple_cost', '0.5', true),
    set_config('cpu_operator_cost', '0.25', true), set_config('jit', 'off', true),
    set_config('join_collapse_limit', '1', true),
    set_config('plan_cache_mode', 'force_generic_plan', true)
)sql"};

} // namespace prism::db
