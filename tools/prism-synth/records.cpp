#include "records.hpp"

#include "atproto/cbor/cbor_writer.hpp"

#include <fmt/format.h>

namespace prism::synth {

using atproto::cbor_writer;
using atproto::collection;

namespace {

void put_ref(cbor_writer& out, std::string_view key, const strong_ref& ref) {
  out.key(key).begin_map();
  out.key("cid").text(ref.cid);
  out.key("uri").text(ref.uri);
  out.end_map();
}

void put_rule(cbor_writer& out, std::string_view name) {
  out.begin_map().key("$type").text(fmt::format("app.bsky.feed.threadgate#{}", name)).end_map();
}

/// A mention's facet covers "@n" at the end of the text, one behind the other.
void put_facets(cbor_writer& out, const record& post) {
  out.key("facets").begin_array();
  auto end = static_cast<std::int64_t>(post.text.size());
  for (const auto& did : post.mentions) {
    out.begin_map();
    out.key("index").begin_map();
    out.key("byteStart").integer(end - 2).key("byteEnd").integer(end);
    out.end_map();
    out.key("features").begin_array().begin_map();
    out.key("$type").text("app.bsky.richtext.facet#mention").key("did").text(did);
    out.end_map().end_array();
    out.end_map();
  }
  out.end_array();
}

void put_post(cbor_writer& out, const record& post) {
  out.key("text").text(post.text);
  if (!post.langs.empty()) {
    out.key("langs").begin_array();
    for (const auto& lang : post.langs)
      out.text(lang);
    out.end_array();
  }
  if (post.reply_parent) {
    out.key("reply").begin_map();
    put_ref(out, "root", *post.reply_root);
    put_ref(out, "parent", *post.reply_parent);
    out.end_map();
  }
  if (post.quoted) {
    out.key("embed").begin_map();
    out.key("$type").text("app.bsky.embed.record");
    put_ref(out, "record", *post.quoted);
    out.end_map();
  }
  if (!post.mentions.empty())
    put_facets(out, post);
}

void put_thread_gate(cbor_writer& out, const record& gate) {
  out.key("post").text(gate.gated_post);
  if (!gate.rules)
    return;
  out.key("allow").begin_array();
  if (gate.rules->mentioned)
    put_rule(out, "mentionRule");
  if (gate.rules->followers)
    put_rule(out, "followerRule");
  if (gate.rules->followed)
    put_rule(out, "followingRule");
  for (const auto& list : gate.rules->lists) {
    out.begin_map();
    out.key("$type").text("app.bsky.feed.threadgate#listRule").key("list").text(list);
    out.end_map();
  }
  out.end_array();
}

void put_post_gate(cbor_writer& out, const record& gate) {
  out.key("post").text(gate.gated_post);
  if (!gate.embedding_disabled)
    return;
  out.key("embeddingRules").begin_array().begin_map();
  out.key("$type").text("app.bsky.feed.postgate#disableRule");
  out.end_map().end_array();
}

void put_fields(cbor_writer& out, const record& what) {
  switch (what.kind) {
  case collection::post:
    return put_post(out, what);
  case collection::like:
  case collection::repost:
    return put_ref(out, "subject", *what.subject);
  case collection::follow:
  case collection::block:
    out.key("subject").text(what.subject_did);
    return;
  case collection::list_item:
    out.key("subject").text(what.subject_did).key("list").text(what.list);
    return;
  case collection::list_block:
    out.key("subject").text(what.list);
    return;
  case collection::list:
    out.key("name").text(what.text).key("description").text(what.description);
    out.key("purpose").text("app.bsky.graph.defs#curatelist");
    return;
  case collection::profile:
    out.key("displayName").text(what.text).key("description").text(what.description);
    return;
  case collection::thread_gate:
    return put_thread_gate(out, what);
  case collection::post_gate:
    return put_post_gate(out, what);
  default:
    return;
  }
}

} // namespace

std::vector<std::byte> encode(const record& what) {
  cbor_writer out;
  out.begin_map();
  out.key("$type").text(nsid_of(what.kind));
  put_fields(out, what);
  out.key("createdAt").text(what.created_text);
  return out.end_map().finish().value();
}

std::string uri_of(std::string_view did, collection kind, std::string_view rkey) {
  return fmt::format("at://{}/{}/{}", did, nsid_of(kind), rkey);
}

} // namespace prism::synth
