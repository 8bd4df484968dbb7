#pragma once

#include "db/batch/batch.hpp"
#include "db/pg/executor.hpp"
#include "db/pg/pipeline.hpp"
#include "db/pg/transaction.hpp"

#include <string>
#include <vector>

/// Users and uris: the integer ids of DIDs and at-uris in all other tables.
namespace prism::db {

/// Inserts the DIDs that are new. Runs outside the batches' transactions, so a rollback never takes
/// an id back. Does not change existing rows.
/// @param dids distinct
/// @returns the id of each DID, in order
[[nodiscard]] outcome<std::vector<std::int64_t>> intern_users(executor& on,
                                                              const std::vector<std::string>& dids);

/// The same for the uris of a batch whose `user_ids` are filled. A new uri of a post gets its row
/// of post_aggregates as well.
[[nodiscard]] outcome<std::vector<std::int64_t>> intern_uris(executor& on, const batch& of);

/// The same in a transaction of its own, before that of the batch: an id once given is never taken
/// back by a rollback. None if the batch has no uris.
[[nodiscard]] outcome<std::vector<std::int64_t>>
intern_uris_first(connection& on, const tx_options& options, const batch& of);

/// Stores when each repo was first seen and the newest #identity and #account event of each
/// account, and requests the lookups that follow from them (db/accounts/identity). Events that are
/// older than the stored ones change nothing.
void queue_user_events(pipeline& out, const batch& of);

} // namespace prism::db
