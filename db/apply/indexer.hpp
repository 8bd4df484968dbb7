#pragma once

#include "db/batch/batch.hpp"
#include "db/index/report.hpp"
#include "db/pg/connection.hpp"
#include "db/pg/transaction.hpp"

#include <cstdint>
#include <vector>

namespace prism::db {

/// Applies a batch whose `user_ids` are filled: rows, counts, feed items, notifications, parked
/// operations, repo heads and the shard's cursor in one transaction, exactly once in effect however
/// often it is called.
///
/// The order inside is fixed, and keys are sorted, so that batches of different shards do not
/// deadlock: cursor, locks on posts, deletes, inserts, counts (docs/ARCHITECTURE.md, "One batch");
/// locks on posts that are needed later than that are waited for briefly and taken in their turn at
/// the next try (`tx::late_locks`).
/// Blocks; the connection's thread.
/// @param partial filled when it fails.
/// @returns an error whose sqlstate is `fenced_state` (db/index/progress.hpp) if another writer has
/// a newer epoch.
[[nodiscard]] outcome<apply_report> apply_batch(connection& on, const tx_options& options,
                                                const batch& of, partial_report& partial);
[[nodiscard]] outcome<apply_report> apply_batch(connection& on, const tx_options& options,
                                                const batch& of);

/// Which operations are not known already (sync spec: "rev must increase").
enum class rev_filter {
  newer,         ///< those of commits newer than what is stored of their repo
  newer_or_equal ///< also those of the newest commit that is stored: they were left out of it
};

/// The same inside a transaction of the caller, who holds the shard's cursor, of a batch whose
/// `last_seq` is 0: no cursor is moved. Operations that are known already are left out as ever
/// (`apply_report::stale`).
[[nodiscard]] outcome<apply_report> apply_in_transaction(tx& inside, const batch& of,
                                                         const std::vector<std::int64_t>& uri_ids,
                                                         rev_filter what = rev_filter::newer);

} // namespace prism::db
