#include "db/index/removal_locks.hpp"

#include "db/index/posts.hpp"
#include "db/index/relations.hpp"

namespace prism::db {

using atproto::collection;

namespace {

[[nodiscard]] std::vector<record_key> removals(const batch& of, collection kind) {
  std::vector<record_key> out;
  for (const auto& op : of.ops)
    if (op.kind == kind && op.action != op_action::create)
      out.push_back({of.user_ids[op.creator], op.rkey});
  return out;
}

} // namespace

void queue_select_touched_posts(pipeline& out, const batch& of,
                                const std::vector<std::int64_t>& uri_ids) {
  for (const auto kind : {collection::like, collection::repost})
    if (const auto paths = removals(of, kind); !paths.empty())
      queue_select_subjects(out, kind, paths);
  std::vector<std::int64_t> old_posts;
  for (const auto& op : of.ops)
    if (op.kind == collection::post && op.action != op_action::create)
      old_posts.push_back(uri_ids[op.self]);
  if (!old_posts.empty())
    queue_select_post_referents(out, old_posts);
}

void read_touched_posts(const std::vector<result>& results, std::size_t first,
                        std::vector<std::int64_t>& ids) {
  for (std::size_t i = first; i < results.size(); ++i)
    for (std::size_t row = 0; row < results[i].rows(); ++row)
      ids.push_back(results[i].get_int8(row, 0));
}

} // namespace prism::db
