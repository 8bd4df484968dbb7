#include "dataplane/methods/record_message.hpp"

#include "atproto/cbor/cbor_document.hpp"
#include "atproto/cbor/json_text.hpp"
#include "atproto/syntax/datetime.hpp"

#include <algorithm>

namespace prism::dataplane {

namespace {

/// The date that a record says, where its table has no column for it.
[[nodiscard]] std::optional<db::micros> said_date(const atproto::cbor_node& record) {
  const auto text = record.find_text("createdAt");
  if (!text)
    return std::nullopt;
  const auto us = atproto::normalize_datetime_always(*text);
  return us != 0 || atproto::is_valid_datetime(*text) ? std::optional{us} : std::nullopt;
}

} // namespace

void set_time(google::protobuf::Timestamp& out, db::micros us) {
  constexpr std::int64_t thousand = 1000;
  const auto floor = [](std::int64_t value, std::int64_t by) {
    return value / by - (value % by < 0 ? 1 : 0);
  };
  const auto ms = floor(us, thousand);
  const auto seconds = floor(ms, thousand);
  out.set_seconds(seconds);
  out.set_nanos(static_cast<std::int32_t>((ms - seconds * thousand) * thousand * thousand));
}

void fill_record(bsky::Record& out, const record_source& from) {
  const auto document =
      atproto::cbor_document::parse_received(from.block, atproto::bad_texts::replace);
  if (!document)
    return;
  atproto::append_json(*out.mutable_record(), document->root());
  out.set_cid(from.cid.data(), from.cid.size());
  set_time(*out.mutable_indexed_at(), from.commit_time);
  const auto created_at = from.created_at ? from.created_at : said_date(document->root());
  if (created_at)
    set_time(*out.mutable_created_at(), *created_at);
  set_time(*out.mutable_sorted_at(),
           std::min(from.commit_time, created_at.value_or(from.commit_time)));
}

} // namespace prism::dataplane
