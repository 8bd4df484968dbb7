#pragma once

#include "db/index/documents.hpp"
#include "db/index/posts.hpp"
#include "db/index/relations.hpp"

#include <vector>

/// Past versions of records (migrations/0006): gates are evaluated with the versions that were
/// valid at a post's place. The statements that delete rows keep them; this file keeps versions
/// that were written and replaced within one batch.
namespace prism::db {

/// A version and the place of the operation that ended it.
template <class Row>
struct past_version {
  Row row;
  stream_place until;
};

/// Versions that a batch has to keep.
struct batch_history {
  std::vector<past_version<post>> posts;
  std::vector<past_version<document>> thread_gates;
  std::vector<past_version<document>> post_gates;
  std::vector<past_version<relation>> follows;
  std::vector<past_version<relation>> list_items;
};

/// Queues one statement for each list that is not empty.
void queue_insert_history(pipeline& out, const batch_history& history);

} // namespace prism::db
