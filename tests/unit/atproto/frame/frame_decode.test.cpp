#include "atproto/frame/frame.hpp"

#include "frame_maker.hpp"
#include "tests/unit/atproto/hex.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::atproto;
using Catch::Matchers::Contains;
using test::commit_payload;
using test::make_frame;
using test::make_message;

namespace json = boost::json;

namespace {

template <class T>
T decoded(std::span<const std::byte> input) {
  auto result = decode_frame(input);
  INFO((result ? "" : result.error().message));
  REQUIRE(result);
  REQUIRE(std::holds_alternative<T>(*result));
  return std::get<T>(*result);
}

error refused(std::span<const std::byte> input) {
  const auto result = decode_frame(input);
  REQUIRE_FALSE(result);
  return result.error();
}

// The error of a message after `key` got `value`, or was removed if that is undefined.
void refuse(std::string_view type, json::object payload, std::string_view key,
            const std::optional<json::value>& value, const std::string& reason) {
  INFO(type << " with another " << key);
  if (value)
    payload[key] = *value;
  else
    payload.erase(key);
  const auto why = refused(make_message(type, payload));
  CHECK(why.code == errc::invalid);
  CHECK_THAT(why.message, Contains("frame " + std::string{type}));
  CHECK_THAT(why.message, Contains("'" + std::string{key} + "' at offset "));
  CHECK_THAT(why.message, Contains(reason));
}

const json::object identity{{"seq", 5}, {"did", "did:plc:x"}, {"time", "t"}, {"handle", "a.test"}};
const json::object account{
    {"seq", 6}, {"did", "did:plc:x"}, {"time", "t"}, {"active", false}, {"status", "takendown"}};
const json::object sync_payload{{"seq", 7},
                                {"did", "did:plc:x"},
                                {"time", "t"},
                                {"rev", "3kdgeujwlq32y"},
                                {"blocks", {{"$bytes", "AAEC"}}}};

} // namespace

TEST_CASE("a commit is decoded with all of its fields") {
  const auto input = make_message("#commit", commit_payload());
  const auto commit = decoded<commit_frame>(input);
  CHECK(commit.seq == 77);
  CHECK(commit.repo == "did:plc:abc");
  CHECK(commit.rev == "3kdgeujwlq32y");
  CHECK(commit.since == "3kdgeujwlq22y");
  CHECK(commit.time == "2026-11-23T10:49:07.112Z");
  CHECK(commit.commit.to_string() == test::some_link);
  CHECK(commit.prev_data->to_string() == test::other_link);
  CHECK_FALSE(commit.too_big);
  CHECK(test::to_hex(commit.blocks) == "000102");

  REQUIRE(commit.ops.size() == 3);
  CHECK(commit.ops[0].action == repo_action::create);
  CHECK(commit.ops[0].path == "a.b.c/1");
  CHECK(commit.ops[0].collection == "a.b.c");
  CHECK(commit.ops[0].rkey == "1");
  CHECK(commit.ops[0].record->to_string() == test::some_link);
  CHECK_FALSE(commit.ops[0].prev);
  CHECK(commit.ops[1].action == repo_action::update);
  CHECK(commit.ops[1].prev->to_string() == test::other_link);
  CHECK(commit.ops[2].action == repo_action::remove);
  CHECK_FALSE(commit.ops[2].record);
  CHECK(commit.ops[2].prev->to_string() == test::other_link);
}

TEST_CASE("block bytes and strings of a commit are not copied") {
  const auto input = make_message("#commit", commit_payload());
  const auto commit = decoded<commit_frame>(input);
  const auto inside = [&](const void* place) {
    return place >= input.data() && place < input.data() + input.size();
  };
  CHECK(inside(commit.blocks.data()));
  CHECK(inside(commit.repo.data()));
  CHECK(inside(commit.ops[2].rkey.data()));
}

TEST_CASE("prevData may be absent, since may be null") {
  auto payload = commit_payload();
  payload.erase("prevData");
  payload["since"] = nullptr;
  payload["tooBig"] = true;
  payload["ops"] = json::array{};
  const auto commit = decoded<commit_frame>(make_message("#commit", payload));
  CHECK_FALSE(commit.since);
  CHECK_FALSE(commit.prev_data);
  CHECK(commit.too_big);
  CHECK(commit.ops.empty());
}

TEST_CASE("unknown fields in header and payload are ignored") {
  auto payload = commit_payload();
  payload["zzz"] = {{"deep", {1, 2, {{"x", nullptr}}}}};
  const json::value header{{"op", 1}, {"t", "#commit"}, {"x", {1, 2}}};
  CHECK(decoded<commit_frame>(make_frame(header, payload)).seq == 77);
}

TEST_CASE("a commit lacking a required field, or with one of another kind, is refused by name") {
  for (const auto* key : {"seq", "repo", "rev", "time", "commit", "blocks", "ops", "blobs"}) {
    refuse("#commit", commit_payload(), key, std::nullopt, "is missing");
    refuse("#commit", commit_payload(), key, json::value(true), "is boolean");
  }
  for (const auto* key : {"since", "tooBig", "rebase"})
    refuse("#commit", commit_payload(), key, std::nullopt, "is missing");
  refuse("#commit", commit_payload(), "prevData", json::value(nullptr), "must be link, is null");
  refuse("#commit", commit_payload(), "blobs", json::array{"x"}, "must have links only");
  refuse("#commit", commit_payload(), "since", json::value(1), "must be text, is integer");
  refuse("#commit", commit_payload(), "prevData", json::value("x"), "must be link, is text");
  refuse("#commit", commit_payload(), "seq", json::value(0), "must be positive, is 0");
  refuse("#commit", commit_payload(), "seq", json::value(-4), "must be positive, is -4");
}

TEST_CASE("an error contains the offset in the frame") {
  auto payload = commit_payload();
  payload["repo"] = 1;
  const auto input = make_message("#commit", payload);
  const std::string text{reinterpret_cast<const char*>(input.data()), input.size()};
  const auto offset = text.find("drepo") + 5; // text head, key, then the value
  CHECK_THAT(refused(input).message, Contains("at offset " + std::to_string(offset) + ":"));
}

TEST_CASE("an operation that breaks a rule is refused by its number") {
  const auto refuse_op = [](std::string_view key, const json::value& value, std::size_t index,
                            const std::string& reason) {
    auto payload = commit_payload();
    auto& op = payload["ops"].as_array()[index].as_object();
    op[key] = value;
    const auto why = refused(make_message("#commit", payload));
    CHECK(why.code == errc::invalid);
    CHECK_THAT(why.message, Contains("'ops[" + std::to_string(index) + "]." + std::string{key}));
    CHECK_THAT(why.message, Contains(reason));
  };
  refuse_op("action", 1, 0, "must be text");
  refuse_op("path", 1, 0, "must be text");
  refuse_op("cid", "x", 0, "must be link, is text");
  refuse_op("prev", 5, 1, "must be link, is integer");
  refuse_op("prev", nullptr, 1, "must be link, is null");

  auto payload = commit_payload();
  payload["ops"].as_array()[1] = 7;
  CHECK_THAT(refused(make_message("#commit", payload)).message,
             Contains("ops[1]") && Contains("must be a map, is integer"));
}

TEST_CASE("an operation that only itself is wrong spoils no other") {
  const auto op_with = [](std::string_view key, const json::value& value, std::size_t index) {
    auto payload = commit_payload();
    payload["ops"].as_array()[index].as_object()[key] = value;
    static std::vector<std::byte> input; // the views point into it
    input = make_message("#commit", payload);
    return decoded<commit_frame>(input).ops.at(index);
  };
  CHECK(op_with("action", "rename", 1).action == repo_action::other);
  CHECK_FALSE(op_with("cid", nullptr, 0).record);
  const json::value link{{"$link", test::some_link}};
  CHECK(op_with("cid", link, 2).action == repo_action::remove);
  CHECK(op_with("prev", link, 0).prev);
  const auto parts = [&](std::string_view path) {
    const auto op = op_with("path", json::string(path), 0);
    return std::pair{std::string{op.collection}, std::string{op.rkey}};
  };
  CHECK(parts("") == std::pair<std::string, std::string>{"", ""});
  CHECK(parts("a") == std::pair<std::string, std::string>{"a", ""});
  CHECK(parts("a/") == std::pair<std::string, std::string>{"a", ""});
  CHECK(parts("/b") == std::pair<std::string, std::string>{"", "b"});
  CHECK(parts("a/b/c") == std::pair<std::string, std::string>{"a", "b/c"});
}

TEST_CASE("a commit may have 200 operations, not 201") {
  auto payload = commit_payload();
  auto& ops = payload["ops"].as_array();
  ops = json::array(frame_limits::max_ops, ops[0]);
  CHECK(decoded<commit_frame>(make_message("#commit", payload)).ops.size() == 200);
  ops.push_back(ops[0]);
  const auto why = refused(make_message("#commit", payload));
  CHECK(why.code == errc::limit);
  CHECK_THAT(why.message, Contains("'ops'") && Contains("201 items, at most 200"));
}

namespace {

std::vector<std::byte> with_blocks(std::string_view type, json::object payload, std::size_t size) {
  payload["blocks"] = {{"$bytes", std::string(size / 3 * 4, 'A') +
                                      std::string(size % 3 == 0 ? 0 : size % 3 + 1, 'A')}};
  return make_message(type, payload);
}

} // namespace

TEST_CASE("blocks are limited to what the specification allows") {
  const auto largest = with_blocks("#commit", commit_payload(), 2'000'000);
  CHECK(decoded<commit_frame>(largest).blocks.size() == 2'000'000);
  auto why = refused(with_blocks("#commit", commit_payload(), 2'000'001));
  CHECK(why.code == errc::limit);
  CHECK_THAT(why.message, Contains("'blocks'") && Contains("2000001 bytes, at most 2000000"));

  const auto max_sync_blocks = with_blocks("#sync", sync_payload, 10'000);
  CHECK(decoded<sync_frame>(max_sync_blocks).blocks.size() == 10'000);
  why = refused(with_blocks("#sync", sync_payload, 10'001));
  CHECK(why.code == errc::limit);
  CHECK_THAT(why.message, Contains("10001 bytes, at most 10000"));
}

TEST_CASE("a frame of more than 5 MiB is refused unread") {
  std::vector<std::byte> input(frame_limits::max_frame + 1);
  const auto why = refused(input);
  CHECK(why.code == errc::limit);
  CHECK_THAT(why.message, Contains("5242881 bytes"));
  input.resize(frame_limits::max_frame);
  CHECK(refused(input).code == errc::invalid);
}

TEST_CASE("identity, account and sync are decoded") {
  const auto one = decoded<identity_frame>(make_message("#identity", identity));
  CHECK(one.seq == 5);
  const auto input = make_message("#identity", identity);
  CHECK(decoded<identity_frame>(input).did == "did:plc:x");
  CHECK(decoded<identity_frame>(input).handle == "a.test");

  const auto second = make_message("#account", account);
  CHECK(decoded<account_frame>(second).seq == 6);
  CHECK_FALSE(decoded<account_frame>(second).active);
  CHECK(decoded<account_frame>(second).status == "takendown");

  const auto third = make_message("#sync", sync_payload);
  CHECK(decoded<sync_frame>(third).rev == "3kdgeujwlq32y");
  CHECK(test::to_hex(decoded<sync_frame>(third).blocks) == "000102");
  CHECK(decoded<sync_frame>(third).time == "t");
}

TEST_CASE("handle and status are optional") {
  auto without_handle = identity;
  without_handle.erase("handle");
  CHECK_FALSE(decoded<identity_frame>(make_message("#identity", without_handle)).handle);
  auto without_status = account;
  without_status.erase("status");
  CHECK_FALSE(decoded<account_frame>(make_message("#account", without_status)).status);
}

TEST_CASE("identity, account and sync lacking a required field are refused by name") {
  for (const auto* key : {"seq", "did", "time"}) {
    refuse("#identity", identity, key, std::nullopt, "is missing");
    refuse("#account", account, key, std::nullopt, "is missing");
    refuse("#sync", sync_payload, key, std::nullopt, "is missing");
  }
  refuse("#account", account, "active", std::nullopt, "is missing");
  refuse("#account", account, "active", json::value(1), "must be boolean");
  refuse("#sync", sync_payload, "rev", std::nullopt, "is missing");
  refuse("#sync", sync_payload, "blocks", std::nullopt, "is missing");
  refuse("#identity", identity, "handle", json::value(false), "must be text");
  refuse("#account", account, "status", json::value(1), "must be text");
}

TEST_CASE("info and error frames are decoded") {
  const auto input = make_message("#info", {{"name", "OutdatedCursor"}, {"message", "too old"}});
  CHECK(decoded<info_frame>(input).name == "OutdatedCursor");
  CHECK(decoded<info_frame>(input).message == "too old");
  const auto closing = make_frame({{"op", -1}}, {{"error", "FutureCursor"}});
  CHECK(decoded<error_frame>(closing).error == "FutureCursor");
  CHECK_FALSE(decoded<error_frame>(closing).message);
  CHECK_THAT(refused(make_message("#info", {{"message", "x"}})).message,
             Contains("'name'") && Contains("is missing"));
  CHECK_THAT(refused(make_frame({{"op", -1}}, {{"message", "x"}})).message,
             Contains("error frame") && Contains("'error'"));
}

TEST_CASE("unknown types and operations are reported, not rejected") {
  const auto type = make_message("#tombstone", {{"seq", 9}, {"did", "did:plc:x"}});
  CHECK(decoded<unknown_frame>(type).type == "#tombstone");
  CHECK(decoded<unknown_frame>(type).op == 1);
  CHECK(decoded<unknown_frame>(type).seq == 9);
  const auto operation = make_frame({{"op", 2}, {"t", "#commit"}}, json::object{});
  CHECK(decoded<unknown_frame>(operation).op == 2);
  CHECK(decoded<unknown_frame>(operation).seq == -1);
  CHECK(decoded<unknown_frame>(make_frame({{"op", 0}}, json::object{})).type.empty());
}

TEST_CASE("the type of a message may be in full, or in the payload") {
  const std::string full = "com.atproto.sync.subscribeRepos#identity";
  CHECK(decoded<identity_frame>(make_message(full, identity)).seq == 5);
  auto typed = identity;
  typed["$type"] = full;
  const auto input = make_frame({{"op", 1}}, typed);
  CHECK(decoded<identity_frame>(input).seq == 5);
  CHECK(peek_frame(input)->kind == frame_kind::identity);
  typed["$type"] = "#identity";
  CHECK_THAT(refused(make_frame({{"op", 1}}, typed)).message, Contains("'t' is missing"));
  CHECK(decoded<unknown_frame>(make_message("com.example.other#identity", identity)).seq == 5);
  CHECK(decoded<unknown_frame>(make_message("identity", identity)).seq == 5);
}

TEST_CASE("a malformed header is refused") {
  const auto reason = [](const json::value& header) {
    return refused(make_frame(header, json::object{})).message;
  };
  CHECK_THAT(reason(json::array{}), Contains("header") && Contains("must be a map"));
  CHECK_THAT(reason({{"t", "#commit"}}), Contains("'op' is missing"));
  CHECK_THAT(reason({{"op", "1"}}), Contains("'op' is missing"));
  CHECK_THAT(reason({{"op", 1}}), Contains("'t' is missing"));
  CHECK_THAT(reason({{"op", 1}, {"t", 1}}), Contains("'t'") && Contains("must be text"));
  json::object crowded{{"op", 1}, {"t", "#info"}};
  for (int i = 0; i < 600; ++i)
    crowded[std::to_string(i)] = i;
  CHECK(refused(make_frame(crowded, json::object{})).code == errc::limit);
  CHECK_THAT(refused({}).message, Contains("header") && Contains("ends inside"));
  CHECK_THAT(refused(test::hex("ff")).message, Contains("indefinite"));
}

TEST_CASE("a payload that is not one DAG-CBOR map is refused") {
  auto input = make_message("#identity", identity);
  const auto whole = input;
  input.push_back(std::byte{0});
  CHECK_THAT(refused(input).message,
             Contains("#identity, payload from offset") && Contains("bytes follow"));
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK(refused(std::span{whole}.first(size)).code == errc::invalid);
  CHECK_THAT(refused(make_message("#commit", json::array{1})).message,
             Contains("must be a map, is array"));
  CHECK_THAT(refused(make_message("#unheard-of", 5)).message, Contains("must be a map"));
}

TEST_CASE("a payload of countless items is refused") {
  auto payload = commit_payload();
  payload["zzz"] = json::array(40'000, nullptr);
  CHECK(refused(make_message("#commit", payload)).code == errc::limit);
}
