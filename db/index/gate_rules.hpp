#pragma once

#include "db/pg/pipeline.hpp"

#include <vector>

/// What a post is by the rules of others, as they were at the post's own time: whether a reply
/// breaks its thread's gate, a quote the gate of the post it embeds, and whether a reply names the
/// right root. Each function judges live posts and stores verdicts that differ from the stored
/// ones. (Official rules: @atproto/bsky, data-plane `violatesThreadGate`, `parsePostgate`,
/// `invalidReplyRoot`.)
namespace prism::db {

/// Replies against their thread's gate. Gives (id, parent, violates) of the changed.
void queue_recompute_reply_gates(pipeline& out, const std::vector<std::int64_t>& post_ids);

struct reply_gate_result {
  std::int64_t reply_id;
  std::int64_t parent_id;
  bool violates;
};
[[nodiscard]] std::vector<reply_gate_result> read_reply_gate_results(const result& rows);

/// Quotes against the quoted post's gate. Gives the ids of the changed.
void queue_recompute_quote_gates(pipeline& out, const std::vector<std::int64_t>& post_ids);

/// Roots of replies, past versions too. A reply is only as good as its parent, so the replies to
/// what changed have to be judged next: gives their ids.
void queue_recompute_reply_roots(pipeline& out, const std::vector<std::int64_t>& post_ids);

} // namespace prism::db
