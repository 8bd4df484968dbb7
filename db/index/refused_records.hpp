#pragma once

#include "db/batch/index_plan.hpp"
#include "db/index/resolved_batch.hpp"
#include "db/pg/pipeline.hpp"

#include <cstdint>
#include <unordered_set>
#include <vector>

/// Table refused_records: the newest refused operation of each record, for `explain`. It changes
/// nothing else, and holds what strangers write, so it is bounded: each row to about 1.2 kB, a
/// repo to `max_refused_per_repo` rows, and all to `max_refused` (db/upkeep). Without the limit for
/// a repo, one account could push the rows of all others out.
namespace prism::db {

/// Most rows of one repo; its newest stay. Each batch keeps to it.
inline constexpr std::size_t max_refused_per_repo = 50;

/// Most rows in all, the newest by place; the janitor deletes the others.
inline constexpr std::int64_t max_refused = 200'000;

/// The changes that one batch makes.
struct refused_changes {
  struct row {
    std::int64_t user_id{0};
    const refused_op* what{nullptr};
  };
  std::vector<row> put;            ///< at most `max_refused_per_repo` of one repo
  std::vector<record_key> indexed; ///< written or deleted at their place: their older rows go
  std::vector<std::int16_t> kinds; ///< the collections of `indexed`
};

/// @param with_rows users that have rows in the table: only theirs can have to go.
[[nodiscard]] refused_changes refused_changes_of(const index_plan& plan, const id_map& ids,
                                                 const std::unordered_set<std::int64_t>& with_rows);

/// Queues nothing if nothing changes. Rows are put only if they are newer than the stored ones, so
/// applying a batch again changes nothing.
void queue_refused(pipeline& out, const refused_changes& changes);

/// Deletes the rows of a deleted account up to a place.
void queue_forget_refused(pipeline& out, std::int64_t account, stream_place until);

} // namespace prism::db
