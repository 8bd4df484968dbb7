#pragma once

#include "db/indexer.hpp"

/// Deletions of accounts that are believed as reported; those that are confirmed first are in
/// db/identity.hpp.
namespace prism::db {

/// Takes most of what accounts own away whose deletion a batch brings, in transactions ahead of the
/// batch's own: an account may have more than one transaction can delete within its deadline. The
/// cursor stays, so a crash repeats the rest. A batch that is done, or an event that is not newer
/// than the stored ones, does nothing.
/// @param done gets what it did, also if it fails then.
/// @returns an error with `fenced_state` if another writer has a newer epoch.
[[nodiscard]] outcome<void> purge_ahead(connection& on, const tx_options& options, const batch& of,
                                        apply_report& done);

/// The rest, inside the batch's transaction. The batch should bring nothing else: holding other
/// locks before invites deadlocks.
[[nodiscard]] outcome<void> purge_deleted(tx& on, const batch& of, apply_report& report);

} // namespace prism::db
