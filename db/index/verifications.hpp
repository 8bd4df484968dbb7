#pragma once

#include "db/index/effects.hpp"
#include "db/index/resolved_batch.hpp"

namespace prism::db {

/// Adds the notifications of a batch's verifications to `out`. Call it before the batch's rows are
/// written.
///
/// As in @atproto/bsky (verification plugin, processor.ts), the subject is notified when a
/// verification begins to count and when a counted one ends. A record that replaces a counted one,
/// as its new version or as the duplicate that counts next, notifies nobody. These notifications
/// are never deleted: therefore each operation is followed on its own, even if the batch as a whole
/// leaves no row.
///
/// No round trip if the batch has no verifications. Index: verifications_pkey,
/// verifications_subject, verifications_duplicates.
[[nodiscard]] outcome<void> notify_verifications(executor& on, const id_map& ids,
                                                 const index_plan& plan, effects& out);

} // namespace prism::db
