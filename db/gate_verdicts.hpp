#pragma once

#include "db/effects.hpp"
#include "db/pipeline.hpp"

#include <vector>

/// Whether a reply breaks its thread's gate. The official AppView decides once, when the reply
/// arrives; here the events' own times decide, so that gate, follow, list item and reply may arrive
/// in any order: each change asks again about the replies that are later than it.
namespace prism::db {

/// What changed, and when. Replies committed after `time` may have to be judged again.
struct gate_change {
  std::int64_t post_id;
  micros time;
};
struct pair_change { ///< a follow, or an item of a list (`first` is the list)
  std::int64_t first;
  std::int64_t second;
  micros time;
};

/// Finds the replies that changes may concern. Gives their ids. Queues nothing if there are none.
/// @returns whether a statement was queued.
bool add_find_replies(pipeline& out, const std::vector<gate_change>& gates,
                      const std::vector<pair_change>& follows,
                      const std::vector<pair_change>& list_items);

/// Judges replies and stores verdicts that differ. Gives (id, parent, creator, violates) of those.
void add_judge_replies(pipeline& out, const std::vector<std::int64_t>& reply_ids);

/// A verdict that changed.
struct verdict {
  std::int64_t reply_id;
  std::int64_t parent_id;
  bool violates;
};
[[nodiscard]] std::vector<verdict> read_verdicts(const result& rows);

} // namespace prism::db
