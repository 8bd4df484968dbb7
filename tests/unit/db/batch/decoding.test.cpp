#include "atproto/cbor/cbor.hpp"
#include "atproto/cbor/json_codec.hpp"
#include "atproto/frame/frame.hpp"
#include "atproto/repo/car.hpp"
#include "db/batch/batch_builder.hpp"
#include "tests/unit/atproto/decoding_cases.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>

// What the official packages made of each case when they were run (tests/fixtures/decoding), and
// what we make of it. Where the two differ, docs/DECODING.md says why; the lists below name these
// cases, and a case in a list that no longer differs fails as well.

using namespace prism;
using namespace prism::atproto;
using test::bytes_of;
using test::decoding_cases;
using test::parse_deep;
using test::text_of;
namespace json = boost::json;

namespace {

// Equal as JavaScript sees it: 3 and 3.0 are one number.
bool same(const json::value& a, const json::value& b) {
  if (a.is_number() && b.is_number())
    return a.to_number<double>() == b.to_number<double>();
  if (a.kind() != b.kind())
    return false;
  if (const auto* list = a.if_array()) {
    return std::ranges::equal(*list, b.get_array(), same);
  }
  const auto* map = a.if_object();
  if (map == nullptr)
    return a == b;
  return map->size() == b.get_object().size() && std::ranges::all_of(*map, [&](const auto& pair) {
           const auto* other = b.get_object().if_contains(pair.key());
           return other != nullptr && same(pair.value(), *other);
         });
}

// What would be indexed, in words, in the order of the frame; and the records as JSON.
struct outcome_of_frame {
  std::vector<std::string> events;
  std::vector<json::value> records;
};

// The reference's firehose tells of every collection.
bool is_indexed(const json::object& event) {
  const auto* uri = event.if_contains("uri");
  if (uri == nullptr)
    return true;
  const auto text = text_of(*uri);
  const auto parts = db::split_uri(text); // views into the text
  const auto nsid = parts.rkey.substr(0, parts.rkey.find('/'));
  return parts.kind != collection::other || collection_of(nsid) != collection::other;
}

outcome_of_frame reference(const json::value& one) {
  outcome_of_frame out;
  for (const auto& each : one.at("reference").at("events").as_array()) {
    const auto& event = each.as_object();
    const auto name = text_of(event.at("event"));
    if (event.contains("refused") || !is_indexed(event))
      continue;
    if (name == "account")
      out.events.push_back(
          fmt::format("account {} {}", text_of(event.at("did")), event.at("active").as_bool()));
    else if (name == "identity")
      out.events.push_back("identity " + text_of(event.at("did")));
    else if (name == "sync")
      out.events.push_back(fmt::format("sync {} {} {}", text_of(event.at("did")),
                                       text_of(event.at("rev")), text_of(event.at("cid"))));
    else
      out.events.push_back(fmt::format("{} {}", name, text_of(event.at("uri"))));
    if (const auto* record = event.if_contains("json"))
      out.records.push_back(parse_deep(text_of(*record)));
  }
  return out;
}

json::value json_of(std::span<const std::byte> block) {
  return to_json(cbor_document::parse_received(block, bad_texts::replace).value().root());
}

outcome_of_frame ours(std::span<const std::byte> input, std::vector<std::string>& reasons) {
  outcome_of_frame out;
  const auto glance = peek_frame(input);
  const auto decoded = decode_frame(input);
  if (!decoded || !glance) {
    reasons.push_back(decoded ? glance.error().message : decoded.error().message);
    return out;
  }
  db::build_events events;
  events.rejected = [&](std::string_view, std::string_view path, std::string_view reason,
                        const std::string& message) {
    reasons.push_back(fmt::format("{}: {}: {}", path, reason, message));
  };
  events.skipped = [](std::string_view) {};
  db::batch_builder builder{events};
  if (const auto added = builder.add(*decoded); !added) {
    reasons.push_back(added.error().message);
    return out;
  }
  const auto batch = builder.take();
  const auto did = [&](db::did_ref ref) { return batch.refs.dids()[ref]; };
  for (const auto& op : batch.ops) {
    const auto name = op.action == db::op_action::remove   ? "delete"
                      : op.action == db::op_action::update ? "update"
                                                           : "create";
    out.events.push_back(
        fmt::format("{} {}", name, db::uri_text(did(op.creator), op.kind, op.rkey)));
    if (op.action == db::op_action::remove)
      continue;
    const auto car = car_view::parse(std::get<commit_frame>(*decoded).blocks).value();
    const auto block = car.find(op.cid).value();
    CHECK(op.cid.matches(block));
    // What columns cannot give back is kept as it came.
    if (op.record)
      CHECK(std::ranges::equal(*op.record, block));
    else
      CHECK(cbor_document::parse(block));
    out.records.push_back(json_of(block));
  }
  for (const auto& account : batch.accounts)
    out.events.push_back(fmt::format("account {} {}", did(account.account), account.active));
  for (const auto& identity : batch.identities)
    out.events.push_back("identity " + did(identity.account));
  if (std::holds_alternative<sync_frame>(*decoded))
    for (const auto& head : batch.heads)
      out.events.push_back(
          fmt::format("sync {} {} {}", did(head.repo), head.rev, head.commit.to_string()));
  return out;
}

// Cases in which we differ; each has its reason in docs/DECODING.md.
const std::set<std::string> different_frames{
    "payload: 100 levels in an unknown field",
    "payload: 1,000 levels in an unknown field",
    "record: 100 levels in an unknown field",
    "record: 1,000 levels in an unknown field",
    "payload: seq 0",
    "payload: seq -1",
    "payload: commit of version 0",
    "payload: commit with sha2-512",
    "#sync: a root of version 0",
    "#sync: rev is no TID",
    "op: no slash in the path",
    "op: two slashes in the path",
    "op: a path that ends with a slash",
    "op: a path that is no UTF-8",
    "op: a path with a space beside a good one",
    "op: a record that does not decode beside a good one",
    "op: a record of an unknown collection that does not decode, beside a good one",
    "record: a key __proto__ with a number in an unknown field",
    "record: a key __proto__ with a map in an unknown field",
    "record: a key __proto__ with null in an unknown field",
    "record: an unknown field __proto__ with a map",
    "record: an unknown field __proto__ with a number",
    "blob: the legacy form",
    "blob: the legacy form as an avatar",
    "blob: the legacy form, of codec dag-cbor",
    "#account: an unknown status",
    "#account: throttled",
};

} // namespace

TEST_CASE("every frame has the effect that it has on the official packages") {
  std::set<std::string> seen;
  for (const auto& one : decoding_cases("frames")) {
    const auto name = text_of(one.at("where")) + ": " + text_of(one.at("name"));
    std::vector<std::string> reasons;
    const auto expected = reference(one);
    const auto found = ours(bytes_of(one), reasons);
    const bool equal = found.events == expected.events &&
                       std::ranges::equal(found.records, expected.records, same);
    const auto& told = one.at("reference").as_object();
    INFO(name << "\n  reference: " << fmt::format("{}", expected.events) << " "
              << (told.contains("error") ? text_of(told.at("error")) : "")
              << "\n  ours: " << fmt::format("{} {}", found.events, reasons));
    CHECK(equal != different_frames.contains(name));
    seen.insert(name);
  }
  CHECK(std::ranges::includes(seen, different_frames));
}
