#include "atproto/syntax/tid.hpp"
#include "db/reads/op_threads.hpp"

#include <unordered_map>
#include <unordered_set>

namespace prism::reads {

namespace {

/// The replies to one post, and how far they were tried.
struct level {
  const std::vector<const op_reply*>* replies;
  std::size_t next{0};
  micros vacated_at{0}; ///< when the last one tried was deleted; 0: none was
};

[[nodiscard]] bool newer(const op_reply& reply, micros than) {
  const auto tid = atproto::tid::parse(reply.rkey);
  return tid && tid->timestamp_us() > than;
}

} // namespace

std::vector<const op_reply*> resolve_op_thread(std::int64_t root_id,
                                               std::span<const op_reply> replies) {
  std::unordered_map<std::int64_t, std::vector<const op_reply*>> by_parent;
  for (const auto& each : replies)
    by_parent[each.parent_id].push_back(&each);
  for (auto& [parent, children] : by_parent)
    std::ranges::sort(children, {}, &op_reply::rkey);
  static const std::vector<const op_reply*> none;
  const auto replies_to = [&](std::int64_t id) {
    const auto found = by_parent.find(id);
    return level{found == by_parent.end() ? &none : &found->second};
  };

  std::unordered_set<std::int64_t> on_path{root_id};
  std::vector<level> path{replies_to(root_id)};
  for (;;) {
    auto& top = path.back();
    if (top.next < top.replies->size()) {
      const auto& reply = *(*top.replies)[top.next];
      if (on_path.contains(reply.id))
        return {};
      if (top.vacated_at != 0 && !newer(reply, top.vacated_at)) {
        ++top.next;
        continue;
      }
      on_path.insert(reply.id);
      path.push_back(replies_to(reply.id));
      continue;
    }
    path.pop_back();
    if (path.empty())
      return {};
    // The line does not continue below this reply: it is the last one, unless it was deleted.
    auto& above = path.back();
    const auto& last = *(*above.replies)[above.next];
    if (!last.deleted_at)
      break;
    on_path.erase(last.id);
    above.vacated_at = std::max(above.vacated_at, *last.deleted_at);
    ++above.next;
  }
  std::vector<const op_reply*> out;
  out.reserve(path.size());
  for (const auto& each : path)
    out.push_back((*each.replies)[each.next]);
  return out;
}

} // namespace prism::reads
