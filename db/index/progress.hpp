#pragma once

#include "db/batch/batch.hpp"
#include "db/batch/index_plan.hpp"
#include "db/pg/executor.hpp"
#include "db/pg/pipeline.hpp"

#include <string_view>
#include <vector>

/// The shards' cursors, and who may move them: `firehose_cursor.epoch` is the token of the shard's
/// placement (db/cluster).
namespace prism::db {

/// The cursor of one shard.
struct shard_cursor {
  std::int32_t shard{0};
  std::int64_t seq{0}; ///< everything at or below is durable; 0: nothing yet
};

/// If the number of shards has changed, makes them all start at the lowest seq, since repos have
/// moved between them; all then have `token`. Waits for their running batches and locks the
/// cursors.
/// @param initial_seq where all shards start if the service has no cursor yet
/// @returns whether the number has changed
[[nodiscard]] outcome<bool> renumber_cursors(executor& on, std::string_view service,
                                             std::int32_t shards, std::int64_t token,
                                             std::int64_t initial_seq);

/// Gives cursors a new token: who writes with an older one is fenced from then on. Waits for the
/// running batches of these shards.
/// @returns the index of the result, with as many rows as shards that have a cursor
std::size_t queue_set_tokens(pipeline& out, std::string_view service,
                             const std::vector<std::int32_t>& shards, std::int64_t token);

/// The cursors of a service, in the order of its shards.
[[nodiscard]] outcome<std::vector<shard_cursor>> select_cursors(executor& on,
                                                                std::string_view service);

/// SQLSTATE-like code of an error that means "this node may not do that any more": its shard was
/// placed anew, another node leads, or it is dead. Do not retry.
inline constexpr std::string_view fenced_state = "PF001";

/// The error of a batch whose token is no longer current.
[[nodiscard]] db_error fenced(const batch& of);
[[nodiscard]] db_error fenced(std::string_view service, std::int64_t token);

/// The error with `server_changed` for a database that has lost what was committed: `what` of it is
/// `found`, below `known`.
[[nodiscard]] db_error went_back(std::string_view what, std::int64_t found, std::int64_t known);

/// Moves the shard's cursor, if its token is still the current one and `last_seq` is ahead.
void queue_advance_cursor(pipeline& out, const batch& of);

/// The result of `queue_advance_cursor`.
enum class advance { moved, already_there, fenced };

/// Error `server_changed`: token or cursor are below what this process has seen committed. Error
/// 40001: the cursor was taken over while the statement waited for its row. The statement saw
/// the old row; only another transaction sees the new one.
[[nodiscard]] outcome<advance> read_advance(const result& rows, const batch& of);

/// Moves only the shard's cursor. A stale token is an error with `fenced_state`.
[[nodiscard]] outcome<advance> move_cursor(executor& on, const batch& of);

/// What is stored of a repo.
struct stored_repo {
  std::int64_t user_id{0};
  known_repo known;
  bool has_refused{false}; ///< whether refused_records has rows of its records
};

/// Reads what is stored of repos. Index: primary keys.
void queue_select_revs(pipeline& out, const std::vector<std::int64_t>& user_ids);

/// The rows that `queue_select_revs` returned; none for a repo that has no row.
[[nodiscard]] std::vector<stored_repo> read_revs(const result& rows);

/// The newest commit per repo; an older one never overwrites.
void queue_upsert_heads(pipeline& out, const batch& of);

} // namespace prism::db
