#pragma once

#include "db/batch/batch.hpp"
#include "db/pg/executor.hpp"
#include "db/pg/pipeline.hpp"

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
/// @param server_start outside a transaction: the server from which the ids of users come
/// (`tx_options`); on another one nothing is inserted (error `server_changed`).
[[nodiscard]] outcome<std::vector<std::int64_t>> intern_uris(executor& on, const batch& of,
                                                             const std::string& server_start = {});

/// Stores when each repo was first seen and the newest #identity and #account event of each
/// account, and requests the lookups that follow from them (db/accounts/identity). Events that are
/// older than the stored ones change nothing.
void queue_user_events(pipeline& out, const batch& of);

/// Deletes the stored DID documents of those of these users that are deleted. A transaction that
/// writes such a row locks the user's row, so none remains if the deletion was written before this.
void queue_forget_documents(pipeline& out, const std::vector<std::int64_t>& users);

} // namespace prism::db
