#include "db/batch/row_builder.hpp"

#include "atproto/syntax/datetime.hpp"
#include "atproto/syntax/syntax_at_uri.hpp"
#include "db/batch/rebuild.hpp"
#include "db/batch/sql_text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace prism::db {

using atproto::collection;

namespace {

using filled = tl::expected<void, row_rejection>;
using reason = row_rejection::reason_code;

[[nodiscard]] tl::unexpected<row_rejection> reject(reason why, std::string message) {
  return tl::unexpected(row_rejection{why, std::move(message)});
}

[[nodiscard]] bool same(const expected<bytes>& rebuilt, std::span<const std::byte> block) {
  return rebuilt && std::ranges::equal(*rebuilt, block);
}

/// Fills an op from each type of record.
struct filler {
  op& out;
  std::string_view did;
  std::span<const std::byte> block;
  ref_tables& refs;
  /// A uri that the index cannot hold: the record is rejected at the end.
  std::string_view& too_long;

  void keep_block() const { out.record = bytes{block.begin(), block.end()}; }

  void keep_block_unless(bool rebuilt_equal) const {
    if (!rebuilt_equal)
      keep_block();
  }

  void date(std::string_view created_at) const {
    out.created_at = atproto::normalize_datetime_always(created_at);
    if (atproto::format_datetime(*out.created_at) != created_at)
      out.created_text = sql_text(created_at);
  }

  [[nodiscard]] uri_ref uri(std::string_view text) const {
    if (text.size() <= max_uri_rkey || split_uri(text).rkey.size() <= max_uri_rkey)
      return refs.uri(text);
    too_long = text;
    return self(out.kind); // a placeholder
  }

  [[nodiscard]] uri_ref self(collection kind) const {
    return refs.path(out.creator, kind, out.rkey);
  }

  [[nodiscard]] std::vector<uri_ref> uris(const std::vector<std::string_view>& texts) const {
    std::vector<uri_ref> found;
    found.reserve(texts.size());
    for (const auto text : texts)
      found.push_back(uri(text));
    return found;
  }

  /// The rule that a gate is in the repo of its post, under the post's rkey.
  [[nodiscard]] filled own_post(std::string_view post) const {
    const auto& key = refs.uris()[uri(post)];
    if (key.repo == out.creator && key.rkey == out.rkey)
      return {};
    return reject(reason::gate_of_other_post, fmt::format("{} is not the post of this gate", post));
  }

  [[nodiscard]] filled operator()(const atproto::plain_record& in) const {
    if (in.created_at)
      date(*in.created_at);
    keep_block();
    return {};
  }

  [[nodiscard]] filled operator()(const atproto::post_record& in) const;

  [[nodiscard]] filled operator()(const atproto::subject_record& in) const {
    relation_row relation;
    relation.subject = uri(in.subject.uri);
    relation.subject_cid = pack_cid(in.subject.cid);
    std::optional<text_ref> via;
    if (in.via) {
      relation.via = uri(in.via->uri);
      relation.via_cid = pack_cid(in.via->cid);
      via = text_ref{std::string{in.via->uri}, std::string{in.via->cid}};
    }
    date(in.created_at);
    keep_block_unless(
        same(rebuild_subject(out.kind, {std::string{in.subject.uri}, std::string{in.subject.cid}},
                             in.created_at, via),
             block));
    out.columns = std::move(relation);
    return {};
  }

  [[nodiscard]] filled operator()(const atproto::pair_record& in) const {
    relation_row relation;
    relation.subject = refs.did(in.subject);
    date(in.created_at);
    keep_block_unless(same(rebuild_pair(out.kind, in.subject, in.created_at), block));
    out.columns = std::move(relation);
    return {};
  }

  [[nodiscard]] filled operator()(const atproto::list_item_record& in) const {
    relation_row relation;
    relation.list = uri(in.list);
    if (refs.uris()[relation.list].repo != out.creator)
      return reject(reason::list_of_other_repo,
                    fmt::format("{} belongs to another account", in.list));
    relation.subject = refs.did(in.subject);
    date(in.created_at);
    keep_block();
    out.columns = std::move(relation);
    return {};
  }

  [[nodiscard]] filled operator()(const atproto::list_subject_record& in) const {
    relation_row relation;
    relation.list = uri(in.list);
    date(in.created_at);
    keep_block();
    out.columns = std::move(relation);
    return {};
  }

  [[nodiscard]] filled operator()(const atproto::verification_record& in) const {
    relation_row relation;
    relation.subject = refs.did(in.subject);
    relation.handle = sql_text(in.handle);
    relation.display_name = sql_text(in.display_name);
    date(in.created_at);
    keep_block();
    out.columns = std::move(relation);
    return {};
  }

  [[nodiscard]] filled operator()(const atproto::list_record& in) const {
    out.self = self(collection::list);
    out.columns = list_row{sql_text(in.name), sql_text(in.purpose)};
    date(in.created_at);
    keep_block();
    return {};
  }

  [[nodiscard]] filled operator()(const atproto::feed_generator_record& in) const {
    out.self = self(collection::feed_generator);
    out.columns = feed_generator_row{sql_text(in.did), sql_text(in.display_name)};
    date(in.created_at);
    keep_block();
    return {};
  }

  [[nodiscard]] filled operator()(const atproto::starter_pack_record& in) const {
    out.self = self(collection::starter_pack);
    out.columns = starter_pack_row{sql_text(in.name)};
    date(in.created_at);
    keep_block();
    return {};
  }

  [[nodiscard]] filled operator()(const atproto::thread_gate_record& in) const {
    if (auto own = own_post(in.post); !own)
      return own;
    out.self = self(collection::post);
    thread_gate_row gate;
    if (in.allow) {
      gate.allows = static_cast<std::int16_t>((in.allow->mentioned ? allows_mentioned : 0) |
                                              (in.allow->followers ? allows_followers : 0) |
                                              (in.allow->followed ? allows_followed : 0));
      gate.lists = uris(in.allow->lists);
    }
    gate.hidden_replies = uris(in.hidden_replies);
    out.columns = std::move(gate);
    date(in.created_at);
    keep_block();
    return {};
  }

  [[nodiscard]] filled operator()(const atproto::post_gate_record& in) const {
    if (auto own = own_post(in.post); !own)
      return own;
    out.self = self(collection::post);
    out.columns = post_gate_row{in.embedding_disabled, uris(in.detached)};
    date(in.created_at);
    keep_block();
    return {};
  }

  [[nodiscard]] filled operator()(const atproto::profile_record& in) const {
    profile_row profile;
    if (in.display_name)
      profile.display_name = sql_text(*in.display_name);
    if (in.description)
      profile.description = sql_text(*in.description);
    if (in.joined_via)
      profile.joined_via = uri(in.joined_via->uri);
    if (in.created_at)
      date(*in.created_at);
    out.columns = std::move(profile);
    keep_block();
    return {};
  }
};

/// The texts as the column returns them.
[[nodiscard]] std::optional<std::vector<std::string>>
texts_of(const std::optional<atproto::cbor_node>& array) {
  if (!array)
    return std::nullopt;
  std::vector<std::string> out;
  for (const auto& item : array->items())
    out.push_back(sql_text(item.as_text().value_or(std::string_view{})));
  return out;
}

/// With any authority: a uri with a handle is another one than that with the DID, and its quotes
/// are counted for it alone, as in the reference.
[[nodiscard]] bool names_post(std::string_view uri) {
  const auto parts = atproto::at_uri::parse(uri);
  return parts && parts->collection == atproto::nsid_of(collection::post);
}

[[nodiscard]] std::optional<std::string_view> view(const std::optional<std::string>& text) {
  return text ? std::optional<std::string_view>{*text} : std::nullopt;
}

[[nodiscard]] std::optional<text_ref> owned(const std::optional<atproto::strong_ref>& ref) {
  if (!ref)
    return std::nullopt;
  return text_ref{std::string{ref->uri}, std::string{ref->cid}};
}

filled filler::operator()(const atproto::post_record& in) const {
  out.self = self(collection::post);
  post_row post;
  if (in.reply_root) {
    post.reply_root = uri(in.reply_root->uri);
    post.reply_root_cid = pack_cid(in.reply_root->cid);
  }
  if (in.reply_parent) {
    post.reply_parent = uri(in.reply_parent->uri);
    post.reply_parent_cid = pack_cid(in.reply_parent->cid);
  }
  if (in.quoted && names_post(in.quoted->uri))
    post.quoted = uri(in.quoted->uri);
  for (const auto mention : in.mentions)
    if (mention.starts_with("did:"))
      post.mentions.push_back(refs.did(mention));
  post.text = sql_text(in.text);
  auto langs = texts_of(in.langs);
  auto tags = texts_of(in.tags);
  if (langs)
    post.langs = sql_array(*langs);
  if (tags)
    post.tags = sql_array(*tags);
  if (in.facets)
    post.facets = sql_json(*in.facets);
  if (in.embed)
    post.embed = sql_json(*in.embed);
  if (in.labels)
    post.labels = sql_json(*in.labels);
  if (!in.extra.empty())
    post.extra = sql_json_object(in.extra);
  date(in.created_at);
  post_columns columns;
  columns.text = post.text;
  columns.created_at = in.created_at;
  columns.reply_root = owned(in.reply_root);
  columns.reply_parent = owned(in.reply_parent);
  columns.langs = std::move(langs);
  columns.tags = std::move(tags);
  columns.facets = view(post.facets);
  columns.embed = view(post.embed);
  columns.labels = view(post.labels);
  columns.extra = view(post.extra);
  keep_block_unless(block.size() <= max_rebuilt_post && same(rebuild_post(columns), block));
  out.columns = std::move(post);
  return {};
}

} // namespace

std::string_view to_string(row_rejection::reason_code value) noexcept {
  switch (value) {
  case reason::bad_record:
    return "bad_record";
  case reason::gate_of_other_post:
    return "gate_of_other_post";
  case reason::list_of_other_repo:
    return "list_of_other_repo";
  case reason::uri_too_long:
    return "uri_too_long";
  }
  return "bad_record";
}

tl::expected<void, row_rejection> fill_row(op& target, std::string_view did,
                                           const atproto::cbor_node& root,
                                           std::span<const std::byte> block, ref_tables& refs) {
  const auto parsed = atproto::parse_record(target.kind, root);
  if (!parsed)
    return reject(reason::bad_record, parsed.error().message);
  std::string_view too_long;
  auto done = std::visit(filler{target, did, block, refs, too_long}, *parsed);
  if (!too_long.empty())
    return reject(reason::uri_too_long, fmt::format("{} bytes; the part after the DID may have {}",
                                                    too_long.size(), max_uri_rkey));
  return done;
}

} // namespace prism::db
