#pragma once

#include "db/pg/pipeline.hpp"

#include <vector>

/// Whether a reply violates its thread's gate and whether a quote violates the gate of the quoted
/// post; each by the versions of gate, post, follow and list that were valid at the post's own
/// place. Each function evaluates stored posts and writes the results that differ from the stored
/// ones. (Official rules: @atproto/bsky, data-plane
/// `violatesThreadGate`, `parsePostgate`.)
namespace prism::db {

/// Reply gates. Gives (id, parent, violates) of each reply whose result changed.
void queue_recompute_reply_gates(pipeline& out, const std::vector<std::int64_t>& post_ids);

struct reply_gate_result {
  std::int64_t reply_id;
  std::int64_t parent_id;
  bool violates;
};
[[nodiscard]] std::vector<reply_gate_result> read_reply_gate_results(const result& rows);

/// Quote gates. Gives the ids of the posts whose result changed.
void queue_recompute_quote_gates(pipeline& out, const std::vector<std::int64_t>& post_ids);

} // namespace prism::db
