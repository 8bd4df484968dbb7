#pragma once

#include <cstdint>
#include <vector>

namespace prism::db {

/// Posts that a transaction needed to lock out of order, since it learned about them too late
/// (`queue_lock_posts_late`). Declare it outside of `transaction::run()` and capture it: when the
/// transaction is retried, the next try locks these posts in order, before everything else.
using late_locks = std::vector<std::int64_t>;

} // namespace prism::db
