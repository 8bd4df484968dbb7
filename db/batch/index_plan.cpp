#include "db/batch/index_plan.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace prism::db {

using atproto::collection;

namespace {

[[nodiscard]] bool keeps_history(collection kind) {
  switch (kind) {
  case collection::post:
  case collection::thread_gate:
  case collection::post_gate:
  case collection::follow:
  case collection::list_item:
    return true;
  default:
    return false;
  }
}

[[nodiscard]] std::string key_of(did_ref creator, collection kind, std::string_view rkey) {
  return fmt::format("{}/{}/{}", creator, static_cast<int>(kind), rkey);
}

/// @param deleted_at place of the account's last deletion before `next`; 0 if there is none
void fold(planned_path& path, const op& next, bool first, stream_place deleted_at) {
  path.last_place = next.place;
  if (next.action == op_action::create) {
    if (path.put != nullptr && path.put->place >= deleted_at)
      return; // a second create of a live record is an error of the repo; the first one stays
    if (deleted_at != 0 && !path.remove_old) {
      path.remove_old = true;
      path.remove_before = deleted_at;
    }
  } else {
    path.remove_old =
        path.remove_old || first || path.put == nullptr || next.action == op_action::remove;
    path.remove_before = end_of_places;
  }
  if (path.put != nullptr && keeps_history(next.kind))
    path.superseded.push_back({path.put, next.place, next.commit_time});
  path.put = next.action == op_action::remove ? nullptr : &next;
}

using path_index = std::unordered_map<std::string, std::size_t>;
using newest_revs = std::unordered_map<did_ref, std::string_view>;

/// Fills `plan.refused`. @param index the plan's paths by their key.
void plan_refused(index_plan& plan, const batch& of, newest_revs newest, const path_index& index) {
  std::unordered_map<std::string, const refused_op*> last;
  std::size_t heads = 0;
  for (const auto& each : of.refused) {
    for (; heads < std::min(each.heads_before, of.heads.size()); ++heads)
      if (auto& rev = newest[of.heads[heads].repo]; rev < of.heads[heads].rev)
        rev = of.heads[heads].rev;
    const auto known = newest.find(each.creator);
    if (!each.rev.empty() && known != newest.end() && each.rev <= known->second)
      continue;
    auto key = key_of(each.creator, each.kind, each.rkey);
    if (const auto path = index.find(key);
        path != index.end() && plan.of(each.kind)[path->second].last_place > each.place)
      continue;
    last[std::move(key)] = &each;
  }
  for (const auto& [key, refused] : last)
    plan.refused.push_back(refused);
  std::ranges::sort(plan.refused, {}, &refused_op::place);
}

} // namespace

stream_place index_plan::last_deletion(did_ref account, stream_place place) const {
  stream_place last = 0;
  const auto [from, to] = deletions.equal_range(account);
  for (auto each = from; each != to; ++each)
    if (each->second < place)
      last = std::max(last, each->second);
  return last;
}

index_plan make_plan(const batch& of, const known_repos& repos) {
  index_plan plan;
  newest_revs stored;
  for (const auto& [repo, known] : repos) {
    stored.emplace(repo, known.rev);
    if (known.waiting_deletion != 0)
      plan.deletions.emplace(repo, known.waiting_deletion);
  }
  for (const auto& event : of.accounts)
    if (is_deletion(event))
      plan.deletions.emplace(event.account, event.place);
  path_index index;
  auto newest = stored;
  auto head = of.heads.begin();
  for (std::size_t i = 0; i < of.ops.size(); ++i) {
    const auto& each = of.ops[i];
    for (; head != of.heads.end() && head->ops_before <= i; ++head)
      if (auto& rev = newest[head->repo]; rev < head->rev)
        rev = head->rev;
    if (const auto known = newest.find(each.creator);
        known != newest.end() && each.rev <= known->second) {
      ++plan.stale;
      continue;
    }
    if (each.kind == collection::profile || each.kind == collection::verification)
      plan.ordered_ops.push_back(&each);
    const auto deleted_at = plan.last_deletion(each.creator, each.place);
    auto& paths = plan.of(each.kind);
    const auto [at, added] =
        index.try_emplace(key_of(each.creator, each.kind, each.rkey), paths.size());
    if (added)
      paths.push_back({.creator = each.creator,
                       .self = each.self,
                       .rkey = each.rkey,
                       .first_place = each.place,
                       .first_time = each.commit_time,
                       .superseded = {}});
    fold(paths[at->second], each, added, deleted_at);
  }
  if (!of.refused.empty())
    plan_refused(plan, of, std::move(stored), index);
  return plan;
}

} // namespace prism::db
