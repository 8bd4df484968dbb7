#include "core/cluster/placement.hpp"

#include "core/hash.hpp"

#include <algorithm>
#include <map>
#include <string_view>

namespace prism::cluster {

namespace {

/// A member that has shards or may get some.
struct place {
  const member* who{nullptr};
  bool candidate{false};
  std::size_t quota{0};                   // of shards, if nothing is pinned
  std::vector<const placed_shard*> has{}; // and keeps
};

// By node. Those of other members' shards go elsewhere.
using places = std::map<std::string_view, place>;

// The same on every platform: nodes of one cluster need not be of one build.
[[nodiscard]] std::uint64_t score(std::int32_t shard, std::string_view name) {
  std::uint64_t hash = fnv1a(fnv1a(name), static_cast<std::uint32_t>(shard));
  // FNV mixes its last bytes badly (finaliser of splitmix64).
  hash = (hash ^ (hash >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  hash = (hash ^ (hash >> 27U)) * 0x94d049bb133111ebULL;
  return hash ^ (hash >> 31U);
}

[[nodiscard]] bool expired(const member& who) {
  return who.expires_in.count() <= 0;
}

[[nodiscard]] std::vector<node_id> to_declare_dead(const table& from,
                                                   const leader_knowledge& known) {
  std::vector<node_id> out;
  for (const auto& each : from.members)
    if (known.may_declare_dead && !each.dead() && each.id != known.self && expired(each))
      out.push_back(each.id);
  return out;
}

[[nodiscard]] places members_with_places(const table& from, const leader_knowledge& known) {
  places out;
  const member* self = nullptr;
  bool others = false;
  for (const auto& each : from.members) {
    if (each.dead())
      continue;
    if (each.id == known.self) {
      self = &each;
      continue;
    }
    if (each.draining || !known.reachable.contains(each.id) ||
        (expired(each) && known.may_declare_dead))
      continue;
    out[each.id] = {.who = &each, .candidate = !expired(each)};
    others = others || !expired(each);
  }
  if (self != nullptr && (!self->draining || !others))
    out[self->id] = {.who = self, .candidate = true};
  return out;
}

void set_quotas(places& all, std::size_t shards) {
  std::vector<place*> candidates;
  for (auto& [node, each] : all)
    if (each.candidate)
      candidates.push_back(&each);
  // The larger quotas are for those that have more already.
  std::sort(candidates.begin(), candidates.end(), [](const place* a, const place* b) {
    return a->has.size() != b->has.size() ? a->has.size() > b->has.size()
                                          : a->who->name < b->who->name;
  });
  const std::size_t n = candidates.size();
  for (std::size_t i = 0; i < n; ++i)
    candidates[i]->quota = shards / n + (i < shards % n ? 1 : 0);
}

// What a candidate has above its quota, those that fit it least first; no pinned ones.
void give_up_excess(place& from, std::vector<const placed_shard*>& homeless) {
  auto& has = from.has;
  std::stable_sort(has.begin(), has.end(), [&](const placed_shard* a, const placed_shard* b) {
    return score(a->shard, from.who->name) < score(b->shard, from.who->name);
  });
  for (auto each = has.begin(); each != has.end() && has.size() > from.quota;) {
    if ((*each)->pinned) {
      ++each;
      continue;
    }
    homeless.push_back(*each);
    each = has.erase(each);
  }
}

} // namespace

std::optional<placement_plan> plan_placement(const table& from, const leader_knowledge& known) {
  placement_plan out{.from_view = from.view, .dead = to_declare_dead(from, known)};
  auto all = members_with_places(from, known);
  if (!all.contains(known.self) &&
      std::none_of(all.begin(), all.end(), [](const auto& each) { return each.second.candidate; }))
    return std::nullopt;
  std::vector<const placed_shard*> homeless;
  for (const auto& each : from.placement) {
    const auto owner = all.find(each.node);
    if (owner == all.end())
      homeless.push_back(&each);
    else
      owner->second.has.push_back(&each);
  }
  set_quotas(all, from.placement.size());
  for (auto& [node, each] : all)
    if (each.candidate)
      give_up_excess(each, homeless);
  std::sort(homeless.begin(), homeless.end(),
            [](const auto* a, const auto* b) { return a->shard < b->shard; });
  for (const auto* each : homeless) {
    place* best = nullptr;
    for (auto& [node, to] : all)
      if (to.candidate && to.has.size() < to.quota &&
          (best == nullptr ||
           score(each->shard, to.who->name) > score(each->shard, best->who->name)))
        best = &to;
    if (best == nullptr)
      continue;
    best->has.push_back(each);
    out.moved.push_back({each->shard, best->who->id, from.view + 1, false});
  }
  if (out.dead.empty() && out.moved.empty())
    return std::nullopt;
  return out;
}

} // namespace prism::cluster
