#pragma once

#include "db/dead_letters/dead_letters.hpp"

namespace prism::db {

/// A frame that was refused for its content, with the refusal of it as a whole.
struct refused_frame {
  std::string did;
  std::string reason;
  std::string sqlstate;
  std::vector<std::byte> bytes;
};

/// Most operations of one frame that are put aside one by one; each with the frame's bytes.
inline constexpr std::size_t max_dead_letters_per_frame = 20;

/// Applies the batch of one refused frame without what is refused in it: the operations are halved
/// down to single ones, those that the database refuses go into dead_letters, and the rest is
/// applied as ever; all in one transaction with the shard's cursor. If that is refused as well, if
/// they are more than `max_dead_letters_per_frame`, or if there are none, the frame as a whole is
/// put into dead_letters and the cursor passes it. Exactly once in effect however often it is
/// called. Blocks; the connection's thread.
/// @param of as for `apply_batch()`, of this frame alone.
/// @param partial as for `apply_batch()`.
/// @returns what was applied, with `apply_report::quarantined`; `fenced_state` as `apply_batch()`.
[[nodiscard]] outcome<apply_report> apply_bisected(connection& on, const tx_options& options,
                                                   const batch& of, const refused_frame& frame,
                                                   partial_report& partial);

/// Puts the frame into dead_letters as a whole. Of the batch only its place counts: service, shard,
/// epoch and `last_seq`.
[[nodiscard]] outcome<apply_report> quarantine_frame(connection& on, const tx_options& options,
                                                     const batch& of, const refused_frame& frame,
                                                     partial_report& partial);

} // namespace prism::db
