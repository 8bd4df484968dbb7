#pragma once

#include "db/batch/batch.hpp"
#include "db/index/late_locks.hpp"
#include "db/index/report.hpp"
#include "db/pg/connection.hpp"
#include "db/pg/transaction.hpp"

#include <cstdint>
#include <vector>

namespace prism::db {

/// Applies a batch: rows, counts, feed items, notifications, parked operations, repo heads and the
/// shard's cursor in one transaction. Applying a batch again has no effect.
///
/// Order of the statements and of the keys is fixed, so that batches of different shards do not
/// deadlock: cursor, locks on posts, deletes, inserts, counts (docs/ARCHITECTURE.md, "One batch is
/// one transaction"). A lock on a post that turns out to be needed only afterwards is waited for
/// briefly; if that fails, the next try takes it in order (`late_locks`).
/// Blocks; the connection's thread.
/// @param of its `user_ids` are filled.
/// @param partial filled if the call fails.
/// @returns an error whose sqlstate is `fenced_state` (db/index/progress.hpp) if the shard has a
/// newer token.
[[nodiscard]] outcome<apply_report> apply_batch(connection& on, const tx_options& options,
                                                const batch& of, partial_report& partial);
[[nodiscard]] outcome<apply_report> apply_batch(connection& on, const tx_options& options,
                                                const batch& of);

/// Which operations count as not indexed yet (sync spec: "rev must increase").
enum class rev_filter {
  newer,         ///< those of commits newer than the stored head of their repo
  newer_or_equal ///< also those of that head: they were left out when it was indexed
};

/// The same inside the caller's transaction, which holds the shard's cursor. The `last_seq` of the
/// batch is 0, so the cursor does not move. Skips operations that are indexed already
/// (`apply_report::stale`).
/// @param late outlives the retries of that transaction.
[[nodiscard]] outcome<apply_report> apply_in_transaction(executor& inside, const batch& of,
                                                         const std::vector<std::int64_t>& uri_ids,
                                                         late_locks& late,
                                                         rev_filter revs = rev_filter::newer);

} // namespace prism::db
