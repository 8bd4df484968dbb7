#include "atproto/records/records.hpp"

namespace prism::atproto {

namespace {

/// Reads fields of one map and remembers the first that was not as expected.
class field_reader {
public:
  field_reader(const cbor_node& map, std::string_view where) : map_(map), where_(where) {}

  std::optional<std::string_view> optional_text(std::string_view key) {
    const auto node = map_.find(key);
    if (!node)
      return std::nullopt;
    const auto text = node->as_text();
    if (!text)
      note(key, "is not text");
    return text;
  }

  std::string_view text(std::string_view key) {
    const auto found = optional_text(key);
    if (!found)
      note(key, "is missing");
    return found.value_or(std::string_view{});
  }

  std::optional<strong_ref> optional_ref(std::string_view key) {
    const auto node = map_.find(key);
    if (!node)
      return std::nullopt;
    field_reader inner(*node, key);
    strong_ref out{inner.text("uri"), inner.text("cid")};
    if (problem_.empty())
      problem_ = inner.problem_;
    return out;
  }

  strong_ref ref(std::string_view key) {
    const auto found = optional_ref(key);
    if (!found)
      note(key, "is missing");
    return found.value_or(strong_ref{});
  }

  template <class T>
  [[nodiscard]] expected<record> done(T value) const {
    if (!problem_.empty())
      return fail(errc::invalid, "{}", problem_);
    return record{std::move(value)};
  }

private:
  void note(std::string_view key, std::string_view what) {
    if (problem_.empty())
      problem_ = fmt::format("field {}.{} {}", where_, key, what);
  }

  const cbor_node& map_;
  std::string_view where_;
  std::string problem_;
};

[[nodiscard]] bool has_type(const cbor_node& node, std::string_view type) {
  return node.find_text("$type") == type;
}

[[nodiscard]] std::vector<std::string_view> texts(const std::optional<cbor_node>& array) {
  std::vector<std::string_view> out;
  if (!array)
    return out;
  for (const auto& item : array->items())
    if (const auto text = item.as_text())
      out.push_back(*text);
  return out;
}

void read_mentions(const cbor_node& facets, std::vector<std::string_view>& out) {
  for (const auto& facet : facets.items()) {
    const auto features = facet.find("features");
    if (!features || features->kind() != cbor_kind::array)
      continue;
    for (const auto& feature : features->items()) {
      if (!has_type(feature, "app.bsky.richtext.facet#mention"))
        continue;
      if (const auto did = feature.find_text("did"))
        out.push_back(*did);
    }
  }
}

[[nodiscard]] std::optional<strong_ref> read_ref(const std::optional<cbor_node>& node) {
  const auto uri = node ? node->find_text("uri") : std::nullopt;
  const auto cid = node ? node->find_text("cid") : std::nullopt;
  if (!uri || !cid)
    return std::nullopt;
  return strong_ref{*uri, *cid};
}

[[nodiscard]] std::optional<strong_ref> read_quoted(const cbor_node& embed) {
  if (has_type(embed, "app.bsky.embed.record"))
    return read_ref(embed.find("record"));
  if (has_type(embed, "app.bsky.embed.recordWithMedia"))
    if (const auto inner = embed.find("record"))
      return read_ref(inner->find("record"));
  return std::nullopt;
}

[[nodiscard]] expected<record> parse_post(const cbor_node& root) {
  field_reader in(root, "post");
  post_record out;
  out.text = in.text("text");
  out.created_at = in.text("createdAt");
  for (const auto& [key, value] : root.pairs()) {
    if (key == "text" || key == "createdAt" || key == "$type")
      continue;
    if (key == "reply") {
      field_reader reply(value, "reply");
      out.reply_root = reply.optional_ref("root");
      out.reply_parent = reply.optional_ref("parent");
      if (auto checked = reply.done(plain_record{}); !checked)
        return tl::unexpected(checked.error());
    } else if (key == "langs")
      out.langs = value;
    else if (key == "tags")
      out.tags = value;
    else if (key == "facets") {
      out.facets = value;
      read_mentions(value, out.mentions);
    } else if (key == "embed") {
      out.embed = value;
      out.quoted = read_quoted(value);
    } else if (key == "labels")
      out.labels = value;
    else
      out.extra.emplace_back(key, value);
  }
  return in.done(std::move(out));
}

[[nodiscard]] expected<record> parse_thread_gate(const cbor_node& root) {
  field_reader in(root, "threadgate");
  thread_gate_record out;
  out.post = in.text("post");
  out.created_at = in.text("createdAt");
  out.hidden_replies = texts(root.find("hiddenReplies"));
  if (const auto allow = root.find("allow"); allow && allow->kind() == cbor_kind::array) {
    auto& rules = out.allow.emplace();
    for (const auto& rule : allow->items()) {
      rules.mentioned |= has_type(rule, "app.bsky.feed.threadgate#mentionRule");
      rules.followers |= has_type(rule, "app.bsky.feed.threadgate#followerRule");
      rules.followed |= has_type(rule, "app.bsky.feed.threadgate#followingRule");
      if (has_type(rule, "app.bsky.feed.threadgate#listRule"))
        if (const auto list = rule.find_text("list"))
          rules.lists.push_back(*list);
    }
  }
  return in.done(std::move(out));
}

[[nodiscard]] expected<record> parse_post_gate(const cbor_node& root) {
  field_reader in(root, "postgate");
  post_gate_record out;
  out.post = in.text("post");
  out.created_at = in.text("createdAt");
  out.detached = texts(root.find("detachedEmbeddingUris"));
  if (const auto rules = root.find("embeddingRules"); rules)
    for (const auto& rule : rules->items())
      out.embedding_disabled |= has_type(rule, "app.bsky.feed.postgate#disableRule");
  return in.done(std::move(out));
}

} // namespace

expected<record> parse_record(collection kind, const cbor_node& root) {
  if (root.kind() != cbor_kind::map)
    return fail(errc::invalid, "the record is not a map");
  field_reader in(root, "record");
  switch (kind) {
  case collection::post:
    return parse_post(root);
  case collection::like:
  case collection::repost: {
    const auto subject = in.ref("subject");
    const auto created_at = in.text("createdAt");
    return in.done(subject_record{subject, created_at, in.optional_ref("via")});
  }
  case collection::follow:
  case collection::block: {
    const auto subject = in.text("subject");
    return in.done(pair_record{subject, in.text("createdAt")});
  }
  case collection::list_item: {
    const auto subject = in.text("subject");
    const auto list = in.text("list");
    return in.done(list_item_record{subject, list, in.text("createdAt")});
  }
  case collection::list_block:
  case collection::reference_list_opt_out: {
    const auto list = in.text("subject");
    return in.done(list_subject_record{list, in.text("createdAt")});
  }
  case collection::verification: {
    const auto subject = in.text("subject");
    const auto handle = in.text("handle");
    const auto display_name = in.text("displayName");
    return in.done(verification_record{subject, handle, display_name, in.text("createdAt")});
  }
  case collection::list: {
    const auto name = in.text("name");
    const auto purpose = in.text("purpose");
    return in.done(list_record{name, purpose, in.text("createdAt")});
  }
  case collection::feed_generator: {
    const auto did = in.text("did");
    const auto name = in.text("displayName");
    return in.done(feed_generator_record{did, name, in.text("createdAt")});
  }
  case collection::starter_pack: {
    const auto name = in.text("name");
    return in.done(starter_pack_record{name, in.text("createdAt")});
  }
  case collection::thread_gate:
    return parse_thread_gate(root);
  case collection::post_gate:
    return parse_post_gate(root);
  case collection::profile: {
    profile_record out{in.optional_text("displayName"), in.optional_text("description"),
                       in.optional_text("createdAt"), in.optional_ref("joinedViaStarterPack")};
    return in.done(out);
  }
  case collection::labeler:
    return in.done(plain_record{in.text("createdAt")});
  case collection::status:
    return in.done(plain_record{in.optional_text("createdAt")});
  // Their lexicons do not name createdAt, so it may be anything.
  case collection::notification_declaration:
  case collection::chat_declaration:
  case collection::germ_declaration:
    return in.done(plain_record{root.find_text("createdAt")});
  case collection::other:
    break;
  }
  return fail(errc::invalid, "collection {} has no record type", nsid_of(kind));
}

} // namespace prism::atproto
