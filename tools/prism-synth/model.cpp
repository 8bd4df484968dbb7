#include "model.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace prism::synth {

using atproto::collection;

namespace {

/// The DID in an at-uri.
[[nodiscard]] std::string_view did_of(std::string_view uri) {
  uri.remove_prefix(std::string_view{"at://"}.size());
  return uri.substr(0, uri.find('/'));
}

/// The uri of a post's gate, which has the post's rkey.
[[nodiscard]] std::string gate_of(std::string_view post, collection kind) {
  return uri_of(did_of(post), kind, post.substr(post.rfind('/') + 1));
}

[[nodiscard]] std::string pair_of(std::string_view first, std::string_view second) {
  return fmt::format("{} {}", first, second);
}

} // namespace

void model::commit(std::string_view did, micros time, const struct commit& made,
                   const std::vector<operation>& operations) {
  heads_[std::string{did}] = {made.rev, made.id.to_string()};
  for (const auto& each : operations) {
    const auto uri = uri_of(did, each.what.kind, each.rkey);
    if (each.action != change::create)
      remove(uri);
    if (each.action != change::remove)
      put({each.what, std::string{did}, each.rkey, each.id.to_string(), time}, uri);
  }
}

void model::account_deleted(std::string_view did) {
  const auto prefix = fmt::format("at://{}/", did);
  for (auto at = records_.lower_bound(prefix);
       at != records_.end() && at->first.starts_with(prefix);) {
    note_pair(at->second, -1);
    at = records_.erase(at);
  }
}

void model::put(stored row, const std::string& uri) {
  if (row.what.kind == collection::post) {
    row.breaks_thread_gate = breaks_thread_gate(row);
    row.breaks_post_gate = breaks_post_gate(row);
  }
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
  if (row.what.kind == collection::follow)
    pair = pair_of(row.did, row.what.subject_did);
  else if (row.what.kind == collection::list_item)
    pair = pair_of(row.what.list, row.what.subject_did);
  else
    return;
  if ((pairs_[pair] += change) == 0)
    pairs_.erase(pair);
}

const model::stored* model::find(std::string_view uri) const {
  const auto at = records_.find(uri);
  return at == records_.end() ? nullptr : &at->second;
}

bool model::breaks_thread_gate(const stored& reply) const {
  if (!reply.what.reply_root)
    return false;
  const auto& root_uri = reply.what.reply_root->uri;
  const auto* root = find(root_uri);
  const auto* gate = find(gate_of(root_uri, collection::thread_gate));
  if (root == nullptr || gate == nullptr || !gate->what.rules || root->did == reply.did)
    return false;
  const auto& rules = *gate->what.rules;
  const auto& named = root->what.mentions;
  const bool allowed =
      (rules.mentioned && std::find(named.begin(), named.end(), reply.did) != named.end()) ||
      (rules.followed && said(pair_of(root->did, reply.did))) ||
      (rules.followers && said(pair_of(reply.did, root->did))) ||
      std::any_of(rules.lists.begin(), rules.lists.end(),
                  [&](const auto& list) { return said(pair_of(list, reply.did)); });
  return !allowed;
}

bool model::breaks_post_gate(const stored& quote) const {
  if (!quote.what.quoted)
    return false;
  const auto* gate = find(gate_of(quote.what.quoted->uri, collection::post_gate));
  return gate != nullptr && gate->what.embedding_disabled && gate->did != quote.did;
}

model::counted model::counted_of(collection kind) const {
  counted out;
  for (const auto& each : records_) {
    const auto& row = each.second;
    if (row.what.kind != kind)
      continue;
    const auto about = row.what.subject        ? row.what.subject->uri
                       : row.what.list.empty() ? row.what.subject_did
                                               : pair_of(row.what.list, row.what.subject_did);
    // A list counts a member once, whoever put it there; all else counts once per creator.
    const auto key = kind == collection::list_item ? about : pair_of(row.did, about);
    auto& slot = out[key];
    if (slot == nullptr ||
        std::tie(row.indexed_at, row.rkey) < std::tie(slot->second.indexed_at, slot->second.rkey))
      slot = &each;
  }
  return out;
}

} // namespace prism::synth
