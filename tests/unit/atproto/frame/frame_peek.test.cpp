#include "atproto/frame/frame.hpp"
#include "atproto/frame/frame_header.hpp"

#include "frame_maker.hpp"
#include "tests/unit/atproto/hex.hpp"

#include "atproto/cbor/cbor_writer.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::atproto;
using Catch::Matchers::Contains;
using test::commit_payload;
using test::make_frame;
using test::make_message;

namespace json = boost::json;

namespace {

void check_peek(const std::vector<std::byte>& input, frame_kind kind, std::int64_t seq,
                std::string_view did) {
  const auto found = peek_frame(input);
  INFO((found ? "" : found.error().message));
  REQUIRE(found);
  CHECK(found->kind == kind);
  CHECK(found->seq == seq);
  CHECK(found->did == did);
}

std::string reason(std::span<const std::byte> input) {
  const auto found = peek_frame(input);
  REQUIRE_FALSE(found);
  return found.error().message;
}

} // namespace

TEST_CASE("peek_frame finds the kind, seq and DID of a frame") {
  check_peek(make_message("#commit", commit_payload()), frame_kind::commit, 77, "did:plc:abc");
  const json::object event{{"seq", 5}, {"did", "did:web:x"}, {"time", "t"}};
  check_peek(make_message("#identity", event), frame_kind::identity, 5, "did:web:x");
  check_peek(make_message("#account", event), frame_kind::account, 5, "did:web:x");
  check_peek(make_message("#sync", event), frame_kind::sync, 5, "did:web:x");
  check_peek(make_message("#tombstone", event), frame_kind::unknown, 5, "did:web:x");
}

TEST_CASE("peek_frame reports that a frame has no seq or DID") {
  check_peek(make_message("#info", {{"name", "OutdatedCursor"}}), frame_kind::info, -1, "");
  check_peek(make_frame({{"op", -1}}, {{"error", "x"}, {"seq", 3}}), frame_kind::error, -1, "");
  check_peek(make_frame({{"op", 9}}, json::object{}), frame_kind::unknown, -1, "");
  check_peek(make_message("#commit", {{"did", "did:plc:wrong-field"}}), frame_kind::commit, -1, "");
  check_peek(make_message("#identity", {{"repo", "did:plc:wrong-field"}}), frame_kind::identity, -1,
             "");
}

TEST_CASE("the DID points into the frame") {
  const auto input = make_message("#commit", commit_payload());
  const auto found = peek_frame(input).value();
  const void* place = found.did.data();
  CHECK(place > input.data());
  CHECK(place < input.data() + input.size());
}

TEST_CASE("the beginning of a frame is enough for its seq and DID") {
  auto input = make_message("#commit", commit_payload());
  // The keys up to seq and repo come first in canonical order; everything after is cut off.
  const std::string text{reinterpret_cast<const char*>(input.data()), input.size()};
  input.resize(text.find("did:plc:abc") + 11);
  const auto found = peek_frame_beginning(input);
  REQUIRE(found);
  CHECK(found->seq == 77);
  CHECK(found->did == "did:plc:abc");
  input.pop_back();
  CHECK_FALSE(peek_frame_beginning(input));
}

TEST_CASE("peek_frame rejects a malformed payload") {
  const auto good = make_message("#commit", commit_payload());
  for (std::size_t size = 0; size < good.size(); ++size) {
    INFO("cut at " << size);
    CHECK_FALSE(peek_frame(std::span{good}.first(size)));
  }
  auto longer = good;
  longer.push_back(std::byte{0});
  CHECK_THAT(reason(longer), Contains("bytes follow"));
  const auto with = [](std::string_view key, const json::value& value) {
    auto payload = commit_payload();
    payload[key] = value;
    return make_message("#commit", payload);
  };
  CHECK_THAT(reason(with("seq", 0)), Contains("'seq' must be a positive integer"));
  CHECK_THAT(reason(with("seq", -1)), Contains("'seq' must be a positive integer"));
  CHECK_THAT(reason(with("seq", "1")), Contains("'seq' must be a positive integer"));
  // One that is absurd would have every later frame taken for an old one.
  CHECK_THAT(reason(with("seq", frame_limits::max_seq + 1)), Contains("at most 53 bits"));
  CHECK(peek_frame(with("seq", frame_limits::max_seq))->seq == 9'007'199'254'740'991);
  CHECK_THAT(reason(with("repo", 1)), Contains("DID must be text"));
  CHECK_THAT(reason(make_message("#commit", json::array{})), Contains("not a map"));

  const auto frame_of = [](std::string_view payload) {
    auto frame = cbor_writer{}
                     .begin_map()
                     .key("op")
                     .integer(1)
                     .key("t")
                     .text("#commit")
                     .end_map()
                     .finish()
                     .value();
    const auto body = test::hex(payload);
    frame.insert(frame.end(), body.begin(), body.end());
    return frame;
  };
  CHECK_THAT(reason(frame_of("a1 63736571 1bffffffffffffffff")), Contains("'seq'"));
  CHECK_THAT(reason(frame_of("a1 647265706f 62c328")), Contains("DID"));
  CHECK_THAT(reason(frame_of("a1 01 01")), Contains("map key"));
  CHECK_THAT(reason(frame_of("a1 636f7073 9bffffffffffffffff")), Contains("ends inside"));
  CHECK_THAT(reason(frame_of("a1 636f7073 5f")), Contains("indefinite"));
  CHECK_THAT(reason(frame_of("bbffffffffffffffff")), Contains("ends inside"));
}

TEST_CASE("peek_frame rejects a frame of more than 5 MiB") {
  const std::vector<std::byte> input(frame_limits::max_frame + 1);
  CHECK(peek_frame(input).error().code == errc::limit);
}

TEST_CASE("every kind of frame has a name for metrics") {
  CHECK(to_string(frame_kind::commit) == "commit");
  CHECK(to_string(frame_kind::identity) == "identity");
  CHECK(to_string(frame_kind::account) == "account");
  CHECK(to_string(frame_kind::sync) == "sync");
  CHECK(to_string(frame_kind::info) == "info");
  CHECK(to_string(frame_kind::error) == "error");
  CHECK(to_string(frame_kind::unknown) == "unknown");
}
