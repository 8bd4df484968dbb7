#pragma once

#include "db/batch/batch.hpp"
#include "db/pg/executor.hpp"
#include "db/pg/pipeline.hpp"

#include <string_view>
#include <vector>

/// How far each shard has come, and who may say so.
namespace prism::db {

/// Where one shard stands.
struct shard_cursor {
  std::int32_t shard{0};
  std::int64_t seq{0}; ///< everything at or below is durable; 0: nothing yet
};

/// Takes over the cursors of a service for a new writer: every row gets `epoch`, so batches of an
/// older one are refused from then on. If the number of shards has changed, all begin again at the
/// lowest seq, since repos have moved between them.
/// @returns one row per shard, in order. No row was there before: all stand at `initial_seq`.
[[nodiscard]] outcome<std::vector<shard_cursor>>
claim_cursors(executor& on, std::string_view service, std::int32_t shards, std::int64_t epoch,
              std::int64_t initial_seq);

/// The next epoch of a role; greater than every one before. To be called inside a transaction with
/// `claim_cursors`.
[[nodiscard]] outcome<std::int64_t> next_epoch(executor& on, std::string_view role,
                                               std::string_view holder);

/// The cursors of a service, in the order of its shards.
[[nodiscard]] outcome<std::vector<shard_cursor>> select_cursors(executor& on,
                                                                std::string_view service);

/// SQLSTATE-like code of an error that means "a newer epoch exists": step down, do not retry.
inline constexpr std::string_view fenced_state = "PF001";

/// The error of a batch whose epoch is not the current one any more.
[[nodiscard]] db_error fenced(const batch& of);
[[nodiscard]] db_error fenced(std::string_view service, std::int64_t epoch);

/// Moves the shard's cursor, if `epoch` is still the current one and `seq` is ahead.
void queue_advance_cursor(pipeline& out, const batch& of);

/// What became of `queue_advance_cursor`.
enum class advance { moved, already_there, fenced };

/// @returns 40001 if the cursor was taken over while the statement waited for it: it shows the row
/// of before then, and only another transaction knows more.
[[nodiscard]] outcome<advance> read_advance(const result& rows, const batch& of);

/// Moves the shard's cursor and nothing else; the error of a stale epoch has `fenced_state`.
[[nodiscard]] outcome<advance> move_cursor(executor& on, const batch& of);

/// Stored revisions of repos. Index: primary key.
void queue_select_revs(pipeline& out, const std::vector<std::int64_t>& user_ids);

/// The newest commit per repo; an older one never overwrites.
void queue_upsert_heads(pipeline& out, const batch& of);

} // namespace prism::db
