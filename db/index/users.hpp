#pragma once

#include "db/batch/batch.hpp"
#include "db/pg/executor.hpp"
#include "db/pg/pipeline.hpp"

#include <string>
#include <vector>

/// Users and uris: what stands for DIDs and at-uris in every other table.
namespace prism::db {

/// Makes users of DIDs that have none yet and gives the id of each, in order. Runs by itself,
/// outside the batches' transactions, so ids never have to be taken back. Existing rows are not
/// touched.
/// @param dids distinct.
[[nodiscard]] outcome<std::vector<std::int64_t>> intern_users(executor& on,
                                                              const std::vector<std::string>& dids);

/// The same for the uris of a batch whose `user_ids` are filled.
[[nodiscard]] outcome<std::vector<std::int64_t>> intern_uris(executor& on, const batch& of);

/// Notes the first sight of repos, and what #identity and #account events say, and whom to ask
/// about for it (db/accounts/identity). Older events than those stored change nothing.
void queue_user_events(pipeline& out, const batch& of);

} // namespace prism::db
