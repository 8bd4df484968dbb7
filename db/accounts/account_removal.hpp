#pragma once

#include "db/index/late_locks.hpp"
#include "db/index/report.hpp"

#include <string>

namespace prism::db {

/// What a deletion removes of an account.
struct account_removal {
  std::string did;
  std::int64_t account{0}; ///< users.id
  stream_place place{0};   ///< of the deletion; the history says that the records ended there
  stream_place until{0};   ///< records behind it stay
};

/// Deletes one chunk: up to 1,000 records of each collection, each as if it had been deleted on its
/// own, so that counts, feeds and notifications of other users stay exact. When no record is left,
/// or few were, a chunk deletes the rest: notifications that the account caused or received, what
/// is kept of deleted replies, its refused records. A chunk is no larger than a large batch,
/// for any size of the account. Run each in a transaction of its own that begins with
/// `plan_settings`; it takes locks in the order of a batch.
/// @param late outlives the retries of that transaction.
/// @returns whether there may be more.
[[nodiscard]] outcome<bool> delete_chunk(executor& on, const account_removal& removal,
                                         late_locks& late, apply_report& report);

} // namespace prism::db
