#pragma once

#include "db/pipeline.hpp"

#include <vector>

namespace prism::db {

/// Marks quotes of posts whose gate, older than the quote, forbids embedding. Gives the ids of
/// those that break it. Index: primary keys.
void add_judge_quotes(pipeline& out, const std::vector<std::int64_t>& post_ids);

} // namespace prism::db
