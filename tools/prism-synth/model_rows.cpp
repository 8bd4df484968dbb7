#include "atproto/cbor/cbor_document.hpp"
#include "atproto/cbor/json_codec.hpp"
#include "json_row.hpp"
#include "model.hpp"
#include "uris.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <span>

namespace prism::synth {

using atproto::collection;

namespace {

/// The columns that every table of records has.
template <class Stored>
[[nodiscard]] json_row common(const std::string& uri, const Stored& row) {
  json_row out;
  out.text("uri", uri).text("cid", row.cid.to_string()).text("creator", row.did);
  out.time("createdAt", row.what->created_at).time("indexedAt", row.indexed_at);
  return out;
}

template <class Stored>
[[nodiscard]] micros sort_at(const Stored& row) {
  return std::min(row.what->created_at, row.indexed_at);
}

[[nodiscard]] std::optional<std::string> uri_in(const std::optional<strong_ref>& ref) {
  return ref ? std::optional{ref->uri} : std::nullopt;
}

[[nodiscard]] std::optional<std::string> cid_in(const std::optional<strong_ref>& ref) {
  return ref ? std::optional{ref->cid} : std::nullopt;
}

/// The record as JSON.
[[nodiscard]] std::string json_of(const record& what) {
  const auto block = encode(what);
  return boost::json::serialize(atproto::to_json(atproto::cbor_document::parse(block)->root()));
}

/// The post in a reposter's feed, or its own.
template <class Stored>
[[nodiscard]] std::string feed_item(const std::string& uri, const Stored& row,
                                    std::string_view type, const std::string& post) {
  json_row item;
  item.text("uri", uri).text("cid", row.cid.to_string()).text("type", type).text("postUri", post);
  return item.text("originatorDid", row.did).time("sortAt", sort_at(row)).done();
}

} // namespace

void model::rows(const row_sink& sink) const {
  post_rows(sink);
  const auto relations = same_of_all();
  relation_rows(sink, relations);
  document_rows(sink);
  record_rows(sink);
  notice_rows(sink, relations);
}

void model::post_rows(const row_sink& sink) const {
  for (const auto& [uri, row] : records_) {
    if (row.what->kind != collection::post)
      continue;
    const auto& what = *row.what;
    auto out = common(uri, row);
    out.time("sortAt", sort_at(row)).text("text", what.text);
    out.text_or_null("replyRoot", uri_in(what.reply_root));
    out.text_or_null("replyRootCid", cid_in(what.reply_root));
    out.text_or_null("replyParent", uri_in(what.reply_parent));
    out.text_or_null("replyParentCid", cid_in(what.reply_parent));
    out.texts("langs", what.langs).null("tags").boolean("invalidReplyRoot", row.wrong_root);
    out.boolean("violatesThreadGate", row.breaks_thread_gate);
    out.boolean("violatesEmbeddingRules", row.breaks_post_gate);
    out.boolean("hasThreadGate", find(gate_of(uri, collection::thread_gate)) != nullptr);
    out.boolean("hasPostGate", find(gate_of(uri, collection::post_gate)) != nullptr);
    sink("post", out.done());
    sink("feed_item", feed_item(uri, row, "post", uri));
    if (what.quoted)
      quote_rows(sink, uri, row);
    if (what.reply_root && did_of(what.reply_root->uri) == row.did) {
      json_row reply;
      reply.text("uri", uri).text("rootUri", what.reply_root->uri);
      sink("op_thread_reply", reply.text("parentUri", what.reply_parent->uri).done());
    }
  }
}

void model::quote_rows(const row_sink& sink, const std::string& uri, const stored& row) const {
  const auto& quoted = *row.what->quoted;
  json_row embed;
  embed.text("postUri", uri).text("embedUri", quoted.uri).text("embedCid", quoted.cid);
  sink("post_embed_record", embed.done());
  json_row quote;
  quote.text("uri", uri).text("cid", row.cid.to_string()).text("subject", quoted.uri);
  quote.text("subjectCid", quoted.cid).time("createdAt", row.what->created_at);
  quote.time("indexedAt", row.indexed_at).time("sortAt", sort_at(row));
  sink("quote", quote.done());
}

void model::relation_rows(const row_sink& sink, const same_maps& relations) const {
  const std::map<collection, std::string_view> tables{{collection::like, "like"},
                                                      {collection::repost, "repost"},
                                                      {collection::follow, "follow"},
                                                      {collection::block, "actor_block"},
                                                      {collection::list_block, "list_block"},
                                                      {collection::list_item, "list_item"}};
  for (const auto& [kind, of_kind] : relations) {
    for (const auto& [key, same] : of_kind) {
      const auto& [uri, row] = *same.front();
      if (!counts(row))
        continue; // parked
      const auto& what = *row.what;
      auto out = common(uri, row);
      out.time("sortAt", sort_at(row));
      if (what.subject)
        out.text("subject", what.subject->uri).text("subjectCid", what.subject->cid);
      if (what.subject)
        out.null("via").null("viaCid");
      if (!what.subject_did.empty())
        out.text("subjectDid", what.subject_did);
      if (!what.list.empty())
        out.text(kind == collection::list_item ? "listUri" : "subjectUri", what.list);
      sink(tables.at(kind), out.done());
      if (kind == collection::repost)
        sink("feed_item", feed_item(uri, row, "repost", what.subject->uri));
      for (const auto* again : std::span{same}.subspan(1)) {
        json_row duplicate;
        duplicate.text("uri", again->first).text("cid", again->second.cid.to_string());
        duplicate.text("duplicateOf", uri).time("indexedAt", again->second.indexed_at);
        sink("duplicate_record", duplicate.done());
      }
    }
  }
}

void model::notice_rows(const row_sink& sink, const same_maps& relations) const {
  const auto notify = [&](const std::string& uri, const stored& row, const notice& what) {
    if (what.recipient == row.did)
      return;
    json_row out;
    out.text("did", what.recipient).text("author", row.did).text("reason", what.reason);
    out.text_or_null("reasonSubject", what.subject).text("recordUri", uri);
    sink("notification",
         out.text("recordCid", row.cid.to_string()).time("sortAt", sort_at(row)).done());
  };
  for (const auto& [uri, row] : records_)
    for (const auto& each : row.notices)
      notify(uri, row, each);
  for (const auto& [kind, of_kind] : relations) {
    for (const auto& [key, same] : of_kind) {
      const auto& [uri, row] = *same.front();
      if (kind == collection::follow)
        notify(uri, row, {row.what->subject_did, "follow", std::nullopt});
      else if (row.what->subject && counts(row))
        notify(uri, row,
               {std::string{did_of(row.what->subject->uri)},
                kind == collection::like ? "like" : "repost", row.what->subject->uri});
    }
  }
}

void model::document_rows(const row_sink& sink) const {
  for (const auto& [uri, row] : records_) {
    const auto kind = row.what->kind;
    auto out = common(uri, row);
    if (kind == collection::list) {
      out.time("sortAt", sort_at(row)).text("name", row.what->text);
      out.text("purpose", "app.bsky.graph.defs#curatelist");
      out.text("description", row.what->description).null("descriptionFacets").null("avatarCid");
      sink("list", out.done());
    } else if (kind == collection::profile) {
      out.text("displayName", row.what->text).text("description", row.what->description);
      out.null("avatarCid").null("bannerCid").null("joinedViaStarterPackUri");
      sink("profile", out.done());
    } else if (kind == collection::thread_gate || kind == collection::post_gate) {
      out.text("postUri", row.what->gated_post);
      sink(kind == collection::thread_gate ? "thread_gate" : "post_gate", out.done());
    }
  }
}

void model::record_rows(const row_sink& sink) const {
  for (const auto& [uri, row] : records_) {
    json_row out;
    out.text("uri", uri).text("cid", row.cid.to_string()).text("did", row.did);
    sink("record", out.text("json", json_of(*row.what)).time("indexedAt", row.indexed_at).done());
  }
  for (const auto& [did, at] : heads_) {
    json_row out;
    sink("actor_sync",
         out.text("did", did).text("repoRev", at.rev).text("commitCid", at.cid.to_string()).done());
  }
  for (const auto& [did, who] : actors_) {
    json_row out;
    out.text("did", did).text("handle", who.handle);
    if (who.redated)
      out.null("indexedAt");
    else
      out.time("indexedAt", who.indexed_at);
    sink("actor", out.text_or_null("upstreamStatus", who.status).done());
  }
}

} // namespace prism::synth
