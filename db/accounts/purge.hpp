#pragma once

#include "db/accounts/identity.hpp"
#include "db/index/late_locks.hpp"
#include "db/index/report.hpp"

/// Deletes all records of deleted accounts. A deletion is believed as the firehose reports it, or
/// carried out after its confirmation, depending on `batch::verify_deletions`.
namespace prism::db {

/// Carries out the believed deletions of a batch, in transactions before the batch's own, since an
/// account can have more records than one transaction can delete within its deadline. The first one
/// marks the accounts as deleted, and the others wait until no transaction is left that may notify
/// them. The cursor does not move, so the rest is repeated after a crash; if the batch never comes
/// again, the account stays marked until its next #account event. Does nothing for a batch
/// that is applied already or an event that is not newer than the stored ones.
/// @param done gets what was committed, even if the call fails afterwards.
/// @returns an error with `fenced_state` if the shard has a newer token.
[[nodiscard]] outcome<void> purge_before_batch(connection& on, const tx_options& options,
                                               const batch& of, apply_report& done);

/// Deletes what is left, inside the batch's transaction. The batch should contain nothing else: two
/// transactions that lock rows in different orders can deadlock. The retry of a dead letter calls
/// only this function and does not wait for open batches, so one of them may leave a notification.
/// @param late outlives the retries of that transaction.
[[nodiscard]] outcome<void> purge_deleted(executor& on, const batch& of, late_locks& late,
                                          apply_report& report);

/// A confirmed deletion, and who carries it out.
struct confirmed_deletion {
  identity_task task;
  std::string service;
  std::int32_t shard{0}; ///< of the account; any node may own it
  std::string node;      ///< UUID of the node that carries it out
};

/// Deletes the records that the account had at the time of its deletion; newer ones stay. Locks the
/// shard's cursor: waits for the running batch of the account's shard and blocks the next one. Does
/// nothing if the task was renewed or deleted. Blocks; the connection's thread.
/// @param partial filled if the call fails.
/// @returns an error with `fenced_state` if the node is no live member of its cluster.
[[nodiscard]] outcome<apply_report> purge_confirmed(connection& on, const tx_options& options,
                                                    const confirmed_deletion& deletion,
                                                    partial_report& partial);
[[nodiscard]] outcome<apply_report> purge_confirmed(connection& on, const tx_options& options,
                                                    const confirmed_deletion& deletion);

} // namespace prism::db
