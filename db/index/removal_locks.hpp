#pragma once

#include "db/batch/batch.hpp"
#include "db/pg/pipeline.hpp"

#include <cstdint>
#include <vector>

namespace prism::db {

/// Selects the posts that the deletions and updates of a batch concern: subjects of likes and
/// reposts, parents and quoted posts of posts. Each result has one id per row; pass all of them to
/// `batch_writer::write` as `also_lock`.
/// @param uri_ids the ids of the batch's uris (`intern_uris`).
void queue_select_touched_posts(pipeline& out, const batch& of,
                                const std::vector<std::int64_t>& uri_ids);

/// Appends the ids of the results from `first` on.
void read_touched_posts(const std::vector<result>& results, std::size_t first,
                        std::vector<std::int64_t>& ids);

} // namespace prism::db
