#include "db/index/resolved_batch.hpp"

#include "db/batch/op_columns.hpp"

namespace prism::db {

namespace {

[[nodiscard]] bytes cid_bytes(const atproto::cid& cid) {
  const auto view = cid.bytes();
  return {view.begin(), view.end()};
}

[[nodiscard]] std::vector<std::int64_t> uri_ids(const std::vector<uri_ref>& refs,
                                                const id_map& ids) {
  std::vector<std::int64_t> out;
  out.reserve(refs.size());
  for (const auto ref : refs)
    out.push_back(ids.uri(ref));
  return out;
}

/// Fills what differs between kinds of document.
struct document_filler {
  document& out;
  const id_map& ids;

  void operator()(const list_row& row) const {
    out.name = row.name;
    out.text = row.purpose;
  }
  void operator()(const feed_generator_row& row) const {
    out.name = row.display_name;
    out.text = row.feed_did;
  }
  void operator()(const starter_pack_row& row) const { out.name = row.name; }
  void operator()(const thread_gate_row& row) const {
    out.allows = row.allows;
    out.first_ids = uri_ids(row.lists, ids);
    out.second_ids = uri_ids(row.hidden_replies, ids);
  }
  void operator()(const post_gate_row& row) const {
    out.embedding_disabled = row.embedding_disabled;
    out.first_ids = uri_ids(row.detached, ids);
  }
  void operator()(const profile_row& row) const {
    out.name = row.display_name;
    out.text = row.description;
    out.joined_via_id = ids.optional_uri(row.joined_via);
  }
  template <class Other>
  void operator()(const Other& /*no columns of its own*/) const {}
};

} // namespace

std::optional<std::int64_t> id_map::owner(uri_ref ref) const {
  if (ref == no_ref)
    return std::nullopt;
  const auto repo = of.refs.uris()[ref].repo;
  return repo == no_ref ? std::nullopt : std::optional{user(repo)};
}

bool id_map::is_post(uri_ref ref) const {
  return of.refs.uris()[ref].kind == atproto::collection::post;
}

relation to_relation(const op& from, const id_map& ids) {
  const auto& in = columns_of<relation_row>(from);
  relation out;
  out.creator_id = ids.user(from.creator);
  out.rkey = from.rkey;
  const bool uri_subject =
      from.kind == atproto::collection::like || from.kind == atproto::collection::repost;
  if (in.subject != no_ref)
    out.subject_id = uri_subject ? ids.uri(in.subject) : ids.user(in.subject);
  if (in.list != no_ref)
    out.list_id = ids.uri(in.list);
  out.via_id = ids.optional_uri(in.via);
  out.created_at = from.created_at.value_or(0);
  out.created_text = from.created_text;
  out.commit_time = from.commit_time;
  out.place = from.place;
  out.cid = cid_bytes(from.cid);
  out.subject_cid = in.subject_cid;
  out.via_cid = in.via_cid;
  out.handle = in.handle;
  out.display_name = in.display_name;
  out.record = from.record;
  return out;
}

post to_post(const op& from, const id_map& ids) {
  post out;
  out.columns = columns_of<post_row>(from);
  out.id = ids.uri(from.self);
  out.creator_id = ids.user(from.creator);
  out.rkey = from.rkey;
  out.created_at = from.created_at.value_or(0);
  out.created_text = from.created_text;
  out.commit_time = from.commit_time;
  out.place = from.place;
  out.commit_seq = from.seq;
  out.reply_root_id = ids.optional_uri(out.columns.reply_root);
  out.reply_parent_id = ids.optional_uri(out.columns.reply_parent);
  out.quoted_id = ids.optional_uri(out.columns.quoted);
  out.cid = cid_bytes(from.cid);
  out.record = from.record;
  for (const auto mention : out.columns.mentions)
    out.mentions.push_back(ids.user(mention));
  return out;
}

document to_document(const op& from, const id_map& ids) {
  document out;
  out.id = from.self == no_ref ? 0 : ids.uri(from.self);
  out.creator_id = ids.user(from.creator);
  out.kind = from.kind;
  out.rkey = from.rkey;
  out.created_at = from.created_at;
  out.commit_time = from.commit_time;
  out.place = from.place;
  out.cid = cid_bytes(from.cid);
  if (from.record)
    out.record = *from.record;
  std::visit(document_filler{out, ids}, from.columns);
  return out;
}

} // namespace prism::db
