#pragma once

#include "db/indexer.hpp"

namespace prism::db {

/// Deletes everything that accounts own whose deletion a batch brings: every record as if it had been
/// deleted singly, so that counts, feeds and notifications of others stay exact, then what they were
/// told. Events that are not newer than the stored ones do nothing.
[[nodiscard]] outcome<void> purge_deleted(executor& on, const batch& of, apply_report& report);

} // namespace prism::db
