#pragma once

#include "db/dead_letters/dead_letters.hpp"

namespace prism::db {

/// A frame that the database rejected for its content, or did not finish, with the error for the
/// frame as a whole.
struct refused_frame {
  std::int64_t seq{0}; ///< its own number, which one out of order does not share with the cursor
  std::string did;
  std::string reason;
  std::string sqlstate;
  std::vector<std::byte> bytes;
};

/// Most operations of one frame that are quarantined one by one, each with the frame's bytes.
inline constexpr std::size_t max_dead_letters_per_frame = 20;

/// Applies the batch of one rejected frame without the operations at fault: bisects them until
/// single operations are isolated, stores those that the database rejects in dead_letters, and
/// applies the others, in one transaction with the shard's cursor. If that transaction is rejected
/// too, if more than `max_dead_letters_per_frame` operations are, or if the frame has none, it
/// stores the whole frame in dead_letters and moves the cursor. Calling it again has no effect.
/// Blocks; the connection's thread.
/// @param of as for `apply_batch()`, of this frame alone.
/// @param partial as for `apply_batch()`.
/// @returns what was applied and `apply_report::quarantined`; an error with `fenced_state` as
/// `apply_batch()`.
[[nodiscard]] outcome<apply_report> apply_bisected(connection& on, const tx_options& options,
                                                   const batch& of, const refused_frame& frame,
                                                   partial_report& partial);

/// Applies the batch of one frame that ran out of time, operation by operation, in one transaction
/// with the shard's cursor. An operation during which a statement takes longer than
/// `options.deadline` goes to dead_letters; so the whole may take that long for each operation, and
/// as long again for the rest. Otherwise like `apply_bisected()`, except that an operation that the
/// database rejects goes to dead_letters at once.
[[nodiscard]] outcome<apply_report> apply_one_by_one(connection& on, const tx_options& options,
                                                     const batch& of, const refused_frame& frame,
                                                     partial_report& partial);

/// Stores the whole frame in dead_letters and moves the cursor. Of the batch it uses only service,
/// shard, token and `last_seq`.
[[nodiscard]] outcome<apply_report> quarantine_frame(connection& on, const tx_options& options,
                                                     const batch& of, const refused_frame& frame,
                                                     partial_report& partial);

} // namespace prism::db
