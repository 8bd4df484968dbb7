#include "model.hpp"

#include "uris.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>

namespace prism::synth {

using atproto::collection;

void model::identity(std::string_view did, micros time, const std::string& handle) {
  note_stamp(did, time);
  auto& who = actors_[std::string{did}];
  who.handle = handle;
  who.indexed_at = time;
}

void model::account_status(std::string_view did, const std::optional<std::string>& status) {
  actors_[std::string{did}].status = status;
}

void model::note_stamp(std::string_view did, micros time) {
  constexpr micros hour = 3'600'000'000;
  if (const auto who = actors_.find(did); who != actors_.end())
    who->second.redated = who->second.redated || std::abs(time - who->second.indexed_at) >= hour;
}

void model::sync(std::string_view did, micros time) {
  note_stamp(did, time);
}

void model::commit(std::string_view did, micros time, const struct commit& made,
                   const std::vector<operation>& operations) {
  note_stamp(did, time);
  heads_[std::string{did}] = {made.rev, made.id};
  for (const auto& each : operations) {
    const auto uri = uri_of(did, each.what->kind, each.rkey);
    if (each.action != change::create)
      remove(uri);
    if (each.action != change::remove)
      put({each.what, std::string{did}, each.rkey, each.id, time, ++operations_}, uri);
  }
}

void model::account_deleted(std::string_view did) {
  actors_.erase(std::string{did});
  const auto prefix = fmt::format("at://{}/", did);
  for (auto at = records_.lower_bound(prefix);
       at != records_.end() && at->first.starts_with(prefix);) {
    note_pair(at->second, -1);
    at = records_.erase(at);
  }
}

void model::put(stored row, const std::string& uri) {
  if (row.what->kind == collection::post)
    apply_gates(row);
  note_pair(row, 1);
  records_.insert_or_assign(uri, std::move(row));
}

void model::remove(const std::string& uri) {
  const auto at = records_.find(uri);
  if (at == records_.end())
    return;
  note_pair(at->second, -1);
  records_.erase(at);
}

void model::note_pair(const stored& row, int change) {
  std::string pair;
  if (row.what->kind == collection::follow)
    pair = pair_of(row.did, row.what->subject_did);
  else if (row.what->kind == collection::list_item)
    pair = pair_of(row.what->list, row.what->subject_did);
  else
    return;
  if ((pairs_[pair] += change) == 0)
    pairs_.erase(pair);
}

const model::stored* model::find(std::string_view uri) const {
  const auto at = records_.find(uri);
  return at == records_.end() ? nullptr : &at->second;
}

bool model::counts(const stored& row) const {
  if (row.what->subject)
    return find(row.what->subject->uri) != nullptr;
  return row.what->kind != collection::list_item || find(row.what->list) != nullptr;
}

std::size_t model::waiting() const {
  return static_cast<std::size_t>(std::count_if(
      records_.begin(), records_.end(), [this](const auto& each) { return !counts(each.second); }));
}

model::same_maps model::same_of_all() const {
  same_maps out;
  for (const auto& each : records_) {
    const auto& [uri, row] = each;
    const auto& what = *row.what;
    if (!what.subject && what.subject_did.empty() && what.list.empty())
      continue;
    const auto about = what.subject ? what.subject->uri : pair_of(what.list, what.subject_did);
    out[what.kind][pair_of(row.did, about)].push_back(&each);
  }
  for (auto& [kind, relations] : out)
    for (auto& [key, same] : relations)
      std::sort(same.begin(), same.end(), [](const auto* left, const auto* right) {
        return left->second.place < right->second.place;
      });
  return out;
}

} // namespace prism::synth
