#include "db/inspect/explainer.hpp"

#include <fmt/format.h>

/// What `explainer` says of a record that has a row.
namespace prism::db {

void explainer::check_stored() {
  stored_ = stored_row_of(in_, kind_, account_->id, what_.rkey, uri_);
  constexpr const char* what = "the record is stored";
  if (!stored_)
    add(what, result::no, fmt::format("no row of {}", table_of(kind_)));
  else {
    add(what, result::yes,
        fmt::format("a row of {}, from {}", stored_->table, stream_.where(stored_->place)),
        stored_->commit_time, stored_->place);
    kind_ == atproto::collection::post ? check_post() : check_relation();
  }
  const bool referent = kind_ == atproto::collection::post || kind_ == atproto::collection::list;
  if (const auto waiting = referent && uri_ ? count_parked_for(in_, *uri_) : 0; waiting > 0)
    row("pending_ops", {{"wait for it", std::to_string(waiting)}});
}

void explainer::check_relation() {
  const auto uri = stored_->uri_id ? uri_by_id(in_, *stored_->uri_id).text : std::string{};
  const auto user = stored_->user_id ? did_by_id(in_, *stored_->user_id) : std::string{};
  if (uri.empty() && user.empty())
    return;
  row(stored_->table, {{"refers to", uri.empty()    ? user
                                     : user.empty() ? uri
                                                    : fmt::format("{} and {}", uri, user)}});
  constexpr const char* what = "it counts";
  if (!stored_->duplicate)
    return add(what, result::yes, "the first of its pair");
  if (const auto first = counted_row_of(in_, kind_, account_->id, what_.rkey))
    counted_ = kind_ == atproto::collection::list_item
                   ? fmt::format("{} of {}", first->rkey, stream_.where(first->place))
                   : fmt::format("at://{}/{}/{} of {}", did_, what_.collection, first->rkey,
                                 stream_.where(first->place));
  else
    counted_ = "another one";
  add(what, result::no, fmt::format("a duplicate: {} counts", counted_));
}

void explainer::check_post() {
  const auto post = stored_post_of(in_, *uri_);
  if (!post)
    return;
  if (!post->counts.empty())
    row("post_aggregates", {{"counts", post->counts}});
  check_reply(*post);
  check_quote(*post);
  check_blocks(*post);
}

void explainer::check_reply(const stored_post& post) {
  constexpr const char* root = "the root of its thread is right";
  constexpr const char* gate = "the thread's gate allows it";
  constexpr const char* shown = "the thread's author shows it";
  if (!post.parent_id) {
    add(root, result::not_applicable, "it is no reply");
    return;
  }
  const auto parent = uri_by_id(in_, *post.parent_id).text;
  const auto thread = post.root_id ? uri_by_id(in_, *post.root_id).text : std::string{"none"};
  row("posts", {{"parent", parent}, {"root", thread}});
  add(root, post.invalid_root ? result::no : result::yes,
      post.invalid_root ? "its parent did not precede it, has a wrong root, or is in another thread"
                        : "");
  const auto gate_text = post.gate_place
                             ? fmt::format("the gate is from {}", stream_.where(*post.gate_place))
                             : std::string{"there is no gate now"};
  add(gate, post.violates_gate ? result::no : result::yes, gate_text, {}, post.gate_place);
  add(shown, post.hidden ? result::no : result::yes,
      post.hidden ? "the gate lists it as hidden" : "");
  if (post.invalid_root)
    hidden_by_ =
        fmt::format("the root that it names is wrong ({}), so threads leave it out", thread);
  else if (post.violates_gate)
    hidden_by_ =
        fmt::format("the gate of the thread {} does not allow it, so threads leave it out", thread);
  else if (post.hidden)
    hidden_by_ = fmt::format("the author of the thread {} has hidden it", thread);
}

void explainer::check_quote(const stored_post& post) {
  constexpr const char* allowed = "its quote is allowed";
  constexpr const char* attached = "its quote is not detached";
  if (!post.quoted_id)
    return add(allowed, result::not_applicable, "it quotes no post");
  const auto quoted = uri_by_id(in_, *post.quoted_id).text;
  row("posts", {{"quotes", quoted}});
  const auto gate_text = post.post_gate_place ? fmt::format("the gate is from {}",
                                                            stream_.where(*post.post_gate_place))
                                              : std::string{"the quoted post has no gate now"};
  add(allowed, post.violates_embedding ? result::no : result::yes, gate_text, {},
      post.post_gate_place);
  add(attached, post.detached ? result::no : result::yes,
      post.detached ? fmt::format("the author of {} has detached it", quoted) : "");
  if (!hidden_by_.empty())
    return;
  if (post.violates_embedding)
    hidden_by_ = fmt::format("the gate of {} allows no quotes, so the embed is not shown", quoted);
  else if (post.detached)
    hidden_by_ = fmt::format("the author of {} has detached it, so the embed is not shown", quoted);
}

// Blocks are a matter of readers: no column of the post has them.
void explainer::check_blocks(const stored_post& post) {
  std::string found;
  for (const auto& other : {post.parent_id, post.root_id, post.quoted_id}) {
    const auto owner = other ? uri_by_id(in_, *other).repo_id : 0;
    if (owner == 0 || owner == account_->id || !found.empty())
      continue;
    if (blocks(in_, owner, account_->id))
      found = fmt::format("{} blocks the author", did_by_id(in_, owner));
    else if (blocks(in_, account_->id, owner))
      found = fmt::format("the author blocks {}", did_by_id(in_, owner));
  }
  constexpr const char* what = "no block between the authors";
  if (!post.parent_id && !post.quoted_id)
    return add(what, result::not_applicable);
  add(what, found.empty() ? result::yes : result::no, found);
  if (!found.empty() && hidden_by_.empty())
    hidden_by_ = fmt::format("{}, so readers show it as blocked", found);
}

} // namespace prism::db
