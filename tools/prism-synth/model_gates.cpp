// Evaluation of gates when a post arrives.

#include "model.hpp"
#include "uris.hpp"

#include <algorithm>

namespace prism::synth {

using atproto::collection;

namespace {

/// How many ancestors of a reply are notified of it.
constexpr int notified_above = 4;

} // namespace

void model::apply_gates(stored& post) const {
  post.breaks_thread_gate = breaks_thread_gate(post);
  post.breaks_post_gate = breaks_post_gate(post);
  post.wrong_root = wrong_root(post);
  post.notices = notices_of(post);
}

bool model::breaks_thread_gate(const stored& reply) const {
  if (!reply.what->reply_root)
    return false;
  const auto& root_uri = reply.what->reply_root->uri;
  const auto* root = find(root_uri);
  const auto* gate = find(gate_of(root_uri, collection::thread_gate));
  if (root == nullptr || gate == nullptr || !gate->what->rules || root->did == reply.did)
    return false;
  const auto& rules = *gate->what->rules;
  const auto& named = root->what->mentions;
  const bool allowed =
      (rules.mentioned && std::find(named.begin(), named.end(), reply.did) != named.end()) ||
      (rules.followed && said(pair_of(root->did, reply.did))) ||
      (rules.followers && said(pair_of(reply.did, root->did))) ||
      std::any_of(rules.lists.begin(), rules.lists.end(),
                  [&](const auto& list) { return said(pair_of(list, reply.did)); });
  return !allowed;
}

bool model::breaks_post_gate(const stored& quote) const {
  if (!quote.what->quoted)
    return false;
  const auto* gate = find(gate_of(quote.what->quoted->uri, collection::post_gate));
  return gate != nullptr && gate->what->embedding_disabled && gate->did != quote.did;
}

bool model::wrong_root(const stored& reply) const {
  if (!reply.what->reply_parent)
    return false;
  const auto& parent_uri = reply.what->reply_parent->uri;
  const auto* parent = find(parent_uri);
  if (parent == nullptr || parent->wrong_root)
    return true;
  const auto& root = parent->what->reply_root ? parent->what->reply_root->uri : parent_uri;
  return root != reply.what->reply_root->uri;
}

std::vector<model::notice> model::notices_of(const stored& post) const {
  std::vector<notice> out;
  std::set<std::string_view> told{post.did};
  const auto notify = [&](std::string_view who, std::string_view why,
                          std::optional<std::string> subject) {
    if (told.insert(who).second)
      out.push_back({std::string{who}, why, std::move(subject)});
  };
  for (const auto& did : post.what->mentions)
    notify(did, "mention", std::nullopt);
  if (post.what->quoted && !post.breaks_post_gate)
    notify(did_of(post.what->quoted->uri), "quote", post.what->quoted->uri);
  if (post.breaks_thread_gate)
    return out;
  const auto* parent = &post.what->reply_parent;
  for (int height = 0; height < notified_above && *parent; ++height) {
    const auto* above = find((*parent)->uri);
    if (above == nullptr)
      break;
    notify(above->did, "reply", (*parent)->uri);
    parent = &above->what->reply_parent;
  }
  return out;
}

} // namespace prism::synth
