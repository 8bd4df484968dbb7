#pragma once

#include "db/index/effects.hpp"
#include "db/index/resolved_batch.hpp"

namespace prism::db {

/// Who is told that he was verified, or is no more, by a batch whose rows are not written yet.
///
/// As in @atproto/bsky (verification plugin, processor.ts): a verification tells when it begins to
/// count, and when one that counts ends. One that comes instead of a counted one, as its new
/// version or as the duplicate that takes its place, tells nothing besides. And nothing is ever
/// taken back: so each operation is followed here on its own, also where the batch leaves nothing
/// of it.
///
/// None and no round trip if the batch has no verifications. Index: verifications_pkey,
/// verifications_subject, verifications_duplicates.
[[nodiscard]] outcome<void> notify_verifications(executor& on, const id_map& ids,
                                                 const index_plan& plan, effects& out);

} // namespace prism::db
