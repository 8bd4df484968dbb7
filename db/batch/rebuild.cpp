#include "db/batch/rebuild.hpp"

#include "atproto/cbor/cbor_writer.hpp"
#include "atproto/cbor/cid.hpp"
#include "atproto/cbor/json_codec.hpp"

#include <boost/json.hpp>

namespace prism::db {

using atproto::cbor_writer;

namespace {

void put_ref(cbor_writer& out, std::string_view key, const text_ref& ref) {
  out.key(key).begin_map();
  out.key("cid").text(ref.cid);
  out.key("uri").text(ref.uri);
  out.end_map();
}

[[nodiscard]] expected<bytes> json_block(std::string_view text) {
  boost::system::error_code parse_error;
  const auto value = boost::json::parse(text, parse_error);
  if (parse_error)
    return fail(errc::invalid, "stored JSON does not parse: {}", parse_error.message());
  return atproto::from_json(value);
}

void put_texts(cbor_writer& out, std::string_view key,
               const std::optional<std::vector<std::string>>& texts) {
  if (!texts)
    return;
  out.key(key).begin_array();
  for (const auto& text : *texts)
    out.text(text);
  out.end_array();
}

} // namespace

bytes pack_cid(std::string_view text) {
  if (const auto parsed = atproto::cid::parse(text); parsed && parsed->to_string() == text) {
    const auto packed = parsed->bytes();
    return {packed.begin(), packed.end()};
  }
  const auto raw = std::as_bytes(std::span{text});
  return {raw.begin(), raw.end()};
}

std::string unpack_cid(std::span<const std::byte> stored) {
  if (const auto parsed = atproto::cid::from_received_bytes(stored))
    return parsed->to_string();
  return {reinterpret_cast<const char*>(stored.data()), stored.size()};
}

expected<bytes> rebuild_subject(atproto::collection kind, const text_ref& subject,
                                std::string_view created_at, const std::optional<text_ref>& via) {
  cbor_writer out;
  out.begin_map();
  out.key("$type").text(atproto::nsid_of(kind));
  put_ref(out, "subject", subject);
  out.key("createdAt").text(created_at);
  if (via)
    put_ref(out, "via", *via);
  out.end_map();
  return out.finish();
}

expected<bytes> rebuild_pair(atproto::collection kind, std::string_view subject_did,
                             std::string_view created_at) {
  cbor_writer out;
  out.begin_map();
  out.key("$type").text(atproto::nsid_of(kind));
  out.key("subject").text(subject_did);
  out.key("createdAt").text(created_at);
  out.end_map();
  return out.finish();
}

std::optional<std::vector<std::string>> json_texts(std::optional<std::string_view> json) {
  boost::system::error_code parse_error;
  if (!json)
    return std::nullopt;
  const auto value = boost::json::parse(*json, parse_error);
  std::vector<std::string> out;
  if (!parse_error && value.is_array())
    for (const auto& item : value.get_array())
      if (const auto* text = item.if_string())
        out.emplace_back(text->data(), text->size());
  return out;
}

expected<bytes> rebuild_post(const post_columns& columns) {
  cbor_writer out;
  out.begin_map();
  out.key("$type").text(atproto::nsid_of(atproto::collection::post));
  out.key("text").text(columns.text);
  out.key("createdAt").text(columns.created_at);
  if (columns.reply_root && columns.reply_parent) {
    out.key("reply").begin_map();
    put_ref(out, "root", *columns.reply_root);
    put_ref(out, "parent", *columns.reply_parent);
    out.end_map();
  }
  put_texts(out, "langs", columns.langs);
  put_texts(out, "tags", columns.tags);
  const std::pair<std::string_view, const std::optional<std::string_view>*> parts[]{
      {"facets", &columns.facets}, {"embed", &columns.embed}, {"labels", &columns.labels}};
  for (const auto& [key, json] : parts) {
    if (!*json)
      continue;
    const auto block = json_block(**json);
    if (!block)
      return tl::unexpected(block.error());
    out.key(key).raw(*block);
  }
  if (columns.extra) {
    boost::system::error_code parse_error;
    const auto value = boost::json::parse(*columns.extra, parse_error);
    if (parse_error || !value.is_object())
      return fail(errc::invalid, "stored extra fields are not a JSON object");
    for (const auto& [key, member] : value.get_object()) {
      const auto block = atproto::from_json(member);
      if (!block)
        return tl::unexpected(block.error());
      out.key({key.data(), key.size()}).raw(*block);
    }
  }
  out.end_map();
  return out.finish();
}

} // namespace prism::db
