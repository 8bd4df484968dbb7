#include "json_row.hpp"
#include "model.hpp"

#include <algorithm>

namespace prism::synth {

using atproto::collection;

namespace {

/// The columns that every table of records has.
template <class Stored>
[[nodiscard]] json_row common(const std::string& uri, const Stored& row) {
  json_row out;
  out.text("uri", uri).text("cid", row.cid).text("creator", row.did);
  out.time("createdAt", row.what.created_at).time("indexedAt", row.indexed_at);
  return out;
}

template <class Stored>
[[nodiscard]] micros sort_at(const Stored& row) {
  return std::min(row.what.created_at, row.indexed_at);
}

[[nodiscard]] std::optional<std::string> uri_in(const std::optional<strong_ref>& ref) {
  return ref ? std::optional{ref->uri} : std::nullopt;
}

[[nodiscard]] std::optional<std::string> cid_in(const std::optional<strong_ref>& ref) {
  return ref ? std::optional{ref->cid} : std::nullopt;
}

/// The record as JSON, of the kinds that wait for others; the comparison reads these only.
[[nodiscard]] std::string json_of(const record& what) {
  json_row out;
  out.text("$type", nsid_of(what.kind)).text("createdAt", what.created_text);
  if (what.subject) {
    json_row subject;
    subject.text("cid", what.subject->cid).text("uri", what.subject->uri);
    out.object("subject", subject.done());
  } else if (what.kind == collection::list_item) {
    out.text("subject", what.subject_did).text("list", what.list);
  }
  return out.done();
}

} // namespace

void model::rows(const row_sink& sink) const {
  post_rows(sink);
  subject_rows(sink);
  pair_rows(sink);
  document_rows(sink);
  record_rows(sink);
}

void model::post_rows(const row_sink& sink) const {
  for (const auto& [uri, row] : records_) {
    if (row.what.kind != collection::post)
      continue;
    const auto& what = row.what;
    auto out = common(uri, row);
    out.time("sortAt", sort_at(row)).text("text", what.text);
    out.text_or_null("replyRoot", uri_in(what.reply_root))
        .text_or_null("replyRootCid", cid_in(what.reply_root));
    out.text_or_null("replyParent", uri_in(what.reply_parent));
    out.text_or_null("replyParentCid", cid_in(what.reply_parent));
    out.texts("langs", what.langs).null("tags").null("invalidReplyRoot");
    out.boolean("violatesThreadGate", row.breaks_thread_gate);
    out.boolean("violatesEmbeddingRules", row.breaks_post_gate);
    const auto gate = [&](collection kind) { return uri_of(row.did, kind, row.rkey); };
    out.boolean("hasThreadGate", find(gate(collection::thread_gate)) != nullptr);
    out.boolean("hasPostGate", find(gate(collection::post_gate)) != nullptr);
    sink("post", out.done());

    json_row item;
    item.text("uri", uri).text("cid", row.cid).text("type", "post");
    item.text("postUri", uri).text("originatorDid", row.did).time("sortAt", sort_at(row));
    sink("feed_item", item.done());
    if (!what.quoted)
      continue;
    json_row embed;
    embed.text("postUri", uri).text("embedUri", what.quoted->uri);
    sink("post_embed_record", embed.text("embedCid", what.quoted->cid).done());
    auto quote = common(uri, row);
    quote.text("subject", what.quoted->uri).text("subjectCid", what.quoted->cid);
    sink("quote", quote.time("sortAt", sort_at(row)).done());
  }
}

void model::subject_rows(const row_sink& sink) const {
  for (const auto kind : {collection::like, collection::repost}) {
    for (const auto& [key, each] : counted_of(kind)) {
      const auto& [uri, row] = *each;
      const auto& subject = *row.what.subject;
      if (find(subject.uri) == nullptr)
        continue; // it waits
      auto out = common(uri, row);
      out.text("subject", subject.uri).text("subjectCid", subject.cid);
      out.null("via").null("viaCid").time("sortAt", sort_at(row));
      sink(kind == collection::like ? "like" : "repost", out.done());
      if (kind == collection::like)
        continue;
      json_row item;
      item.text("uri", uri).text("cid", row.cid).text("type", "repost");
      item.text("postUri", subject.uri).text("originatorDid", row.did);
      sink("feed_item", item.time("sortAt", sort_at(row)).done());
    }
  }
}

void model::pair_rows(const row_sink& sink) const {
  const auto table = [&](collection kind, std::string_view name, auto columns) {
    for (const auto& [key, each] : counted_of(kind)) {
      auto out = common(each->first, each->second);
      out.time("sortAt", sort_at(each->second));
      columns(out, each->second.what);
      sink(name, out.done());
    }
  };
  const auto subject = [](json_row& out, const record& what) {
    out.text("subjectDid", what.subject_did);
  };
  table(collection::follow, "follow", subject);
  table(collection::block, "actor_block", subject);
  table(collection::list_block, "list_block",
        [](json_row& out, const record& what) { out.text("subjectUri", what.list); });
  table(collection::list_item, "list_item", [](json_row& out, const record& what) {
    out.text("subjectDid", what.subject_did).text("listUri", what.list);
  });
}

void model::document_rows(const row_sink& sink) const {
  for (const auto& [uri, row] : records_) {
    const auto kind = row.what.kind;
    auto out = common(uri, row);
    if (kind == collection::list) {
      out.time("sortAt", sort_at(row)).text("name", row.what.text);
      out.text("purpose", "app.bsky.graph.defs#curatelist");
      out.text("description", row.what.description).null("descriptionFacets").null("avatarCid");
      sink("list", out.done());
    } else if (kind == collection::profile) {
      out.text("displayName", row.what.text).text("description", row.what.description);
      out.null("avatarCid").null("bannerCid").null("joinedViaStarterPackUri");
      sink("profile", out.done());
    } else if (kind == collection::thread_gate || kind == collection::post_gate) {
      out.text("postUri", row.what.gated_post);
      sink(kind == collection::thread_gate ? "thread_gate" : "post_gate", out.done());
    }
  }
}

void model::record_rows(const row_sink& sink) const {
  for (const auto& [uri, row] : records_) {
    json_row out;
    out.text("uri", uri).text("cid", row.cid).text("did", row.did);
    sink("record", out.text("json", json_of(row.what)).time("indexedAt", row.indexed_at).done());
  }
  for (const auto& [did, at] : heads_) {
    json_row out;
    sink("actor_sync",
         out.text("did", did).text("repoRev", at.rev).text("commitCid", at.cid).done());
  }
}

} // namespace prism::synth
