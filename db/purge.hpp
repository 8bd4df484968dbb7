#pragma once

#include "db/effects.hpp"
#include "db/indexer.hpp"

namespace prism::db {

/// Deletes everything that accounts own whose deletion a batch brings: every record as if it had
/// been deleted singly, so that counts, feeds and notifications of others stay exact, then what
/// they were told. Events that are not newer than the stored ones do nothing.
///
/// It locks all posts concerned at once, so the batch should bring nothing else: holding other
/// locks before it invites deadlocks.
[[nodiscard]] outcome<void> purge_deleted(executor& on, const batch& of, effects& out,
                                          apply_report& report);

} // namespace prism::db
