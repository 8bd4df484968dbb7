#include "tests/integration/firehose_builder.hpp"

#include "atproto/cbor/json_codec.hpp"
#include "atproto/syntax/datetime.hpp"
#include "atproto/syntax/tid.hpp"
#include "atproto/text/base64.hpp"
#include "tests/unit/atproto/repo/car_maker.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <numeric>

namespace prism::test {

namespace {

constexpr std::int64_t first_micros = 1'793'491'200'000'000; // record_time
constexpr std::int64_t second = 1'000'000;

[[nodiscard]] boost::json::object link(const atproto::cid& id) {
  return {{"$link", id.to_string()}};
}

[[nodiscard]] boost::json::object bytes(const std::vector<std::byte>& data) {
  return {{"$bytes", atproto::base64_encode(data)}};
}

// A placeholder of the commit object, which Prism does not read.
[[nodiscard]] std::vector<std::byte> commit_block(std::string_view did, std::string_view rev) {
  return block_of({{"did", did}, {"rev", rev}, {"version", 3}});
}

[[nodiscard]] firehose_builder::fields record_of(std::string_view type,
                                                 const firehose_builder::fields& own,
                                                 const firehose_builder::fields& more) {
  firehose_builder::fields out{{"$type", type}, {"createdAt", record_time}};
  for (const auto* part : {&own, &more})
    for (const auto& [key, value] : *part)
      out[key] = value;
  return out;
}

[[nodiscard]] std::string path_of(std::string_view collection, std::string_view rkey) {
  return fmt::format("{}/{}", collection, rkey);
}

} // namespace

std::string did_of(std::string_view who) {
  return fmt::format("did:plc:{}", who);
}

boost::json::object ref_to(const record_ref& what) {
  return {{"uri", what.uri}, {"cid", what.cid}};
}

std::vector<std::byte> block_of(const boost::json::value& record) {
  return atproto::from_json(record).value();
}

std::string cid_of(const std::vector<std::byte>& block) {
  return atproto::cid::of_dag_cbor(block).to_string();
}

record_ref firehose_builder::post(std::string_view who, std::string_view rkey, const fields& more) {
  constexpr std::string_view type = "app.bsky.feed.post";
  return create(who, path_of(type, rkey), record_of(type, {{"text", "a text"}}, more));
}

record_ref firehose_builder::reply(std::string_view who, std::string_view rkey,
                                   const record_ref& parent, const record_ref& root) {
  return post(who, rkey, {{"reply", {{"parent", ref_to(parent)}, {"root", ref_to(root)}}}});
}

record_ref firehose_builder::quote(std::string_view who, std::string_view rkey,
                                   const record_ref& of) {
  return post(who, rkey, {{"embed", {{"$type", "app.bsky.embed.record"}, {"record", ref_to(of)}}}});
}

record_ref firehose_builder::like(std::string_view who, std::string_view rkey, const record_ref& of,
                                  const fields& more) {
  constexpr std::string_view type = "app.bsky.feed.like";
  return create(who, path_of(type, rkey), record_of(type, {{"subject", ref_to(of)}}, more));
}

record_ref firehose_builder::repost(std::string_view who, std::string_view rkey,
                                    const record_ref& of) {
  constexpr std::string_view type = "app.bsky.feed.repost";
  return create(who, path_of(type, rkey), record_of(type, {{"subject", ref_to(of)}}, {}));
}

record_ref firehose_builder::follow(std::string_view who, std::string_view rkey,
                                    std::string_view whom) {
  constexpr std::string_view type = "app.bsky.graph.follow";
  return create(who, path_of(type, rkey), record_of(type, {{"subject", did_of(whom)}}, {}));
}

record_ref firehose_builder::list(std::string_view who, std::string_view rkey, const fields& more) {
  constexpr std::string_view type = "app.bsky.graph.list";
  return create(
      who, path_of(type, rkey),
      record_of(type, {{"name", "a list"}, {"purpose", "app.bsky.graph.defs#curatelist"}}, more));
}

record_ref firehose_builder::list_item(std::string_view who, std::string_view rkey,
                                       const record_ref& of, std::string_view whom) {
  constexpr std::string_view type = "app.bsky.graph.listitem";
  return create(who, path_of(type, rkey),
                record_of(type, {{"list", of.uri}, {"subject", did_of(whom)}}, {}));
}

record_ref firehose_builder::create(std::string_view who, std::string_view path,
                                    const fields& record) {
  auto block = block_of(record);
  record_ref out{fmt::format("at://{}/{}", did_of(who), path), cid_of(block)};
  commit(who, {{"create", std::string{path}, std::move(block)}});
  return out;
}

record_ref firehose_builder::update(std::string_view who, std::string_view path,
                                    const fields& record) {
  auto block = block_of(record);
  record_ref out{fmt::format("at://{}/{}", did_of(who), path), cid_of(block)};
  commit(who, {{"update", std::string{path}, std::move(block)}});
  return out;
}

void firehose_builder::remove(const record_ref& what) {
  constexpr std::string_view before = "at://did:plc:";
  const std::string_view rest = std::string_view{what.uri}.substr(before.size());
  const auto slash = rest.find('/');
  commit(rest.substr(0, slash), {{"delete", std::string{rest.substr(slash + 1)}, std::nullopt}});
}

void firehose_builder::commit(std::string_view who, const std::vector<change>& changes) {
  const auto rev = next_rev();
  const auto root = commit_block(did_of(who), rev);
  std::vector<std::vector<std::byte>> blocks{root};
  boost::json::array ops;
  for (const auto& each : changes) {
    fields op{{"action", each.action}, {"path", each.path}, {"cid", nullptr}};
    if (each.block) {
      op["cid"] = link(atproto::cid::of_dag_cbor(*each.block));
      if (std::ranges::find(blocks, *each.block) == blocks.end())
        blocks.push_back(*each.block);
    }
    ops.push_back(std::move(op));
  }
  const auto head = atproto::cid::of_dag_cbor(root);
  append_event("#commit", did_of(who),
               {{"repo", did_of(who)},
                {"rev", rev},
                {"since", nullptr},
                {"time", now(who)},
                {"commit", link(head)},
                {"tooBig", false},
                {"rebase", false},
                {"blobs", boost::json::array{}},
                {"ops", std::move(ops)},
                {"blocks", bytes(make_car({head}, blocks))}});
}

void firehose_builder::account(std::string_view who, bool active, std::string_view status) {
  fields payload{{"did", did_of(who)}, {"time", now(who)}, {"active", active}};
  if (!status.empty())
    payload["status"] = status;
  append_event("#account", did_of(who), std::move(payload));
}

void firehose_builder::identity(std::string_view who, std::string_view handle) {
  fields payload{{"did", did_of(who)}, {"time", now(who)}};
  if (!handle.empty())
    payload["handle"] = handle;
  append_event("#identity", did_of(who), std::move(payload));
}

void firehose_builder::sync(std::string_view who) {
  const auto rev = next_rev();
  const auto root = commit_block(did_of(who), rev);
  append_event("#sync", did_of(who),
               {{"did", did_of(who)},
                {"rev", rev},
                {"time", now(who)},
                {"blocks", bytes(make_car({atproto::cid::of_dag_cbor(root)}, {root}))}});
}

std::vector<frame_bytes> firehose_builder::take() {
  std::vector<std::size_t> all(events_.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  auto out = in_order(all);
  out.erase(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(taken_));
  taken_ = events_.size();
  return out;
}

std::vector<frame_bytes> firehose_builder::in_order(const std::vector<std::size_t>& order) const {
  std::vector<frame_bytes> out;
  for (const auto place : order)
    out.push_back(frame_of(events_.at(place), static_cast<std::int64_t>(place) + 1));
  return out;
}

std::vector<frame_bytes> firehose_builder::numbered(const std::vector<std::int64_t>& seqs) const {
  std::vector<frame_bytes> out;
  for (std::size_t i = 0; i < events_.size(); ++i)
    out.push_back(frame_of(events_[i], seqs.at(i)));
  return out;
}

frame_bytes firehose_builder::frame_of(const event& source, std::int64_t seq) {
  auto payload = source.payload;
  payload["seq"] = seq;
  auto frame = block_of({{"op", 1}, {"t", source.type}});
  append(frame, block_of(payload));
  return std::make_shared<const std::vector<std::byte>>(std::move(frame));
}

std::vector<std::string> firehose_builder::repos() const {
  std::vector<std::string> out;
  out.reserve(events_.size());
  for (const auto& each : events_)
    out.push_back(each.did);
  return out;
}

std::vector<std::vector<std::size_t>> firehose_builder::orders() const {
  // Permutations of the repos' names, one name per event.
  auto names = repos();
  std::map<std::string, std::vector<std::size_t>> of_repo;
  for (std::size_t i = 0; i < events_.size(); ++i)
    of_repo[names[i]].push_back(i);
  std::vector<std::vector<std::size_t>> out{{}};
  for (std::size_t i = 0; i < events_.size(); ++i)
    out.front().push_back(i);
  std::ranges::sort(names);
  do {
    std::map<std::string, std::size_t> next;
    std::vector<std::size_t> order;
    order.reserve(names.size());
    for (const auto& name : names)
      order.push_back(of_repo[name][next[name]++]);
    if (order != out.front())
      out.push_back(std::move(order));
  } while (std::ranges::next_permutation(names).found);
  return out;
}

std::string firehose_builder::next_rev() const {
  const auto micros = first_micros + static_cast<std::int64_t>(events_.size()) * second;
  return atproto::tid{static_cast<std::uint64_t>(micros) << 10U}.to_string();
}

std::string firehose_builder::now(std::string_view who) const {
  auto out =
      atproto::format_datetime(first_micros + static_cast<std::int64_t>(events_.size()) * second +
                               (clock_error ? clock_error(who) : 0));
  if (microseconds)
    out.insert(out.size() - 1, "789");
  return out;
}

void firehose_builder::append_event(std::string type, std::string did, fields payload) {
  events_.push_back({std::move(type), std::move(did), std::move(payload)});
}

} // namespace prism::test
