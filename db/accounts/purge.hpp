#pragma once

#include "db/accounts/identity.hpp"
#include "db/index/report.hpp"

/// Deletions of accounts: those that are believed as reported, and those that are confirmed first.
namespace prism::db {

/// Takes most of what accounts own away whose deletion a batch brings, in transactions ahead of the
/// batch's own: an account may have more than one transaction can delete within its deadline. The
/// cursor stays, so a crash repeats the rest. A batch that is done, or an event that is not newer
/// than the stored ones, does nothing.
/// @param done gets what it did, also if it fails then.
/// @returns an error with `fenced_state` if another writer has a newer epoch.
[[nodiscard]] outcome<void> purge_before_batch(connection& on, const tx_options& options,
                                               const batch& of, apply_report& done);

/// The rest, inside the batch's transaction. The batch should bring nothing else: holding other
/// locks before invites deadlocks.
[[nodiscard]] outcome<void> purge_deleted(tx& on, const batch& of, apply_report& report);

/// Whose confirmed deletion is to be carried out, and by whom.
struct confirmed_deletion {
  identity_task task;
  std::string service;
  std::int32_t shard{0};
  std::int64_t epoch{0};
};

/// Deletes what the account had at the time of its deletion; what came later stays. Waits for the
/// running batch of the account's shard, and lets the next one wait, by locking the shard's cursor.
/// An error has `fenced_state` if there is a newer writer. A task that was renewed or is gone: does
/// nothing.
/// @param partial filled when it fails.
[[nodiscard]] outcome<apply_report> purge_confirmed(connection& on, const tx_options& options,
                                                    const confirmed_deletion& what,
                                                    partial_report& partial);
[[nodiscard]] outcome<apply_report> purge_confirmed(connection& on, const tx_options& options,
                                                    const confirmed_deletion& what);

} // namespace prism::db
