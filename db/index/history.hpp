#pragma once

#include "db/index/documents.hpp"
#include "db/index/posts.hpp"
#include "db/index/relations.hpp"

#include <vector>

/// Versions that are gone (migrations/0006): what arrives late is judged by what held at its own
/// time. Deleted rows go there by the statements that delete them; here are those that came and
/// went within one batch and were never rows.
namespace prism::db {

/// A version and the time of the event that ended it.
template <class Row>
struct past_version {
  Row row;
  micros until;
};

/// Versions that a batch has to keep.
struct batch_history {
  std::vector<past_version<post>> posts;
  std::vector<past_version<document>> thread_gates;
  std::vector<past_version<document>> post_gates;
  std::vector<past_version<relation>> follows;
  std::vector<past_version<relation>> list_items;
};

/// Queues their statements; none where there is nothing to keep.
void queue_insert_history(pipeline& out, const batch_history& history);

} // namespace prism::db
