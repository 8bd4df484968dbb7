#pragma once

#include "db/batch/batch.hpp"
#include "db/pg/pipeline.hpp"

#include <cstdint>
#include <vector>

namespace prism::db {

/// Queues the question what the deletions and updates of a batch concern beside their own rows:
/// subjects of likes and reposts, parents and quoted posts of posts. Each result has one id per
/// row; all of them go to `batch_writer::write` as `also_lock`.
/// @param uri_ids of `of`, see `intern_uris`.
void queue_select_touched_posts(pipeline& out, const batch& of,
                                const std::vector<std::int64_t>& uri_ids);

/// Adds the ids of the results from `first` on.
void read_touched_posts(const std::vector<result>& results, std::size_t first,
                        std::vector<std::int64_t>& ids);

} // namespace prism::db
