#include "actors/intake/frame_intake.hpp"

#include "actors/intake/routing.hpp"
#include "tests/unit/actors/log_capture.hpp"
#include "tests/unit/atproto/frame/frame_maker.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::test;
using atproto::frame_kind;

namespace json = boost::json;

namespace {

constexpr time_point begin{std::chrono::hours{1}};

[[nodiscard]] frame_bytes bytes_of(std::vector<std::byte> data) {
  return std::make_shared<const std::vector<std::byte>>(std::move(data));
}

[[nodiscard]] frame_bytes commit(std::int64_t seq, std::string_view repo) {
  auto payload = commit_payload();
  payload["seq"] = seq;
  payload["repo"] = repo;
  return bytes_of(make_message("#commit", payload));
}

[[nodiscard]] frame_bytes event(std::string_view type, const json::object& payload) {
  return bytes_of(make_message(type, payload));
}

/// The items of frames read by an intake that began at the live end, with two shards.
struct routed {
  explicit routed(std::vector<frame_bytes> frames) {
    auto batch = intake.route(std::move(frames), begin);
    items = *batch.frames.items;
    counts = batch.counts;
  }
  frame_intake intake{2, std::nullopt};
  std::vector<source_frames::item> items;
  intake_counts counts;
};

[[nodiscard]] std::uint64_t count(const intake_counts& counts, frame_kind kind) {
  return counts.frames.at(static_cast<std::size_t>(kind));
}

[[nodiscard]] std::uint64_t count(const intake_counts& counts, bad_frame reason) {
  return counts.bad.at(static_cast<std::size_t>(reason));
}

/// Every message is counted once: as a frame or as bad.
[[nodiscard]] std::uint64_t total(const intake_counts& counts) {
  std::uint64_t sum = 0;
  for (const auto n : counts.frames)
    sum += n;
  for (const auto n : counts.bad)
    sum += n;
  return sum;
}

} // namespace

TEST_CASE("a frame goes to the shard of its repo, with its bytes and seq") {
  const auto frame = commit(7, "did:plc:alice");
  const routed got({frame});
  REQUIRE(got.items.size() == 1);
  CHECK(got.items[0].for_a_shard);
  CHECK(got.items[0].shard == shard_of("did:plc:alice", 2));
  CHECK(got.items[0].frame.seq == 7);
  CHECK(got.items[0].frame.data == frame);
  CHECK(got.counts.bytes == frame->size());
  CHECK(count(got.counts, frame_kind::commit) == 1);
  CHECK(total(got.counts) == 1);
  CHECK(got.intake.highest_read() == 7);
}

TEST_CASE("all kinds of events about a repo go to its shard") {
  const json::object payload{{"seq", 5}, {"did", "did:web:x"}, {"time", "t"}};
  const routed got({event("#identity", payload), event("#account", payload),
                    event("#sync", payload), commit(6, "did:web:x")});
  REQUIRE(got.items.size() == 4);
  for (const auto& item : got.items) {
    CHECK(item.for_a_shard);
    CHECK(item.shard == shard_of("did:web:x", 2));
  }
  for (const auto kind :
       {frame_kind::identity, frame_kind::account, frame_kind::sync, frame_kind::commit})
    CHECK(count(got.counts, kind) == 1);
}

TEST_CASE("repos are spread over all shards") {
  std::array<int, 4> repos{};
  for (int i = 0; i < 1000; ++i)
    ++repos.at(shard_of("did:plc:user" + std::to_string(i), repos.size()));
  for (const auto n : repos)
    CHECK(n > 150);
  // Cursors depend on these values: they may never change.
  CHECK(shard_of("did:plc:alice", 8) == 0);
  CHECK(shard_of("did:plc:bob", 8) == 6);
  CHECK(shard_of("did:web:example.com", 8) == 3);
}

TEST_CASE(
    "a frame that cannot be decoded is counted and logged, and leaves an item for its credit") {
  log_capture log;
  auto cut = *commit(8, "did:plc:alice");
  cut.pop_back();
  const routed got({commit(7, "did:plc:alice"), bytes_of(cut), commit(9, "did:plc:alice")});
  REQUIRE(got.items.size() == 3);
  CHECK_FALSE(got.items[1].for_a_shard);
  CHECK(got.items[1].frame.seq == -1);
  CHECK(got.items[1].frame.data == nullptr);
  CHECK(count(got.counts, bad_frame::invalid) == 1);
  CHECK(count(got.counts, frame_kind::commit) == 2);
  CHECK(got.counts.bytes == 2 * commit(7, "did:plc:alice")->size() + cut.size());
  CHECK(got.intake.highest_read() == 9);
  CHECK(log.count("warning skipping a frame that cannot be decoded: ") == 1);
}

TEST_CASE("a frame over a cap of the protocol has a reason of its own") {
  const routed got({bytes_of(std::vector<std::byte>(atproto::frame_limits::max_frame + 1))});
  CHECK(count(got.counts, bad_frame::limit) == 1);
  CHECK(total(got.counts) == 1);
  CHECK(got.items.at(0).frame.seq == -1);
}

TEST_CASE("a frame without a DID has no shard, but its seq moves the cursor") {
  auto payload = commit_payload();
  payload.erase("repo");
  const routed got({bytes_of(make_message("#commit", payload))});
  CHECK_FALSE(got.items.at(0).for_a_shard);
  CHECK(got.items[0].frame.data == nullptr);
  CHECK(got.items[0].frame.seq == 77);
  CHECK(got.intake.next_cursor() == 77);
}

TEST_CASE("a frame without seq has no shard and does not move the cursor") {
  auto payload = commit_payload();
  payload.erase("seq");
  const routed got({bytes_of(make_message("#commit", payload))});
  CHECK_FALSE(got.items.at(0).for_a_shard);
  CHECK(got.items[0].frame.seq == -1);
  CHECK_FALSE(got.intake.next_cursor());
}

TEST_CASE("a type that this version does not know is counted, logged and skipped with its seq") {
  log_capture log;
  const routed got({event("#tombstone", {{"seq", 5}, {"did", "did:web:x"}})});
  CHECK(count(got.counts, frame_kind::unknown) == 1);
  CHECK_FALSE(got.items.at(0).for_a_shard);
  CHECK(got.items[0].frame.seq == 5);
  CHECK(got.intake.next_cursor() == 5);
  CHECK(log.count("warning skipping a frame of unknown type '#tombstone'") == 1);
}

TEST_CASE("notices and errors of the relay are logged with what to do") {
  log_capture log;
  const auto error = [](std::string_view name) {
    return bytes_of(make_frame({{"op", -1}}, {{"error", name}, {"message", "why"}}));
  };
  const routed got({event("#info", {{"name", "OutdatedCursor"}, {"message", "too old"}}),
                    event("#info", {{"name", "Maintenance"}}), error("FutureCursor"),
                    error("ConsumerTooSlow"), event("#info", {{"name", 1}})});
  CHECK(count(got.counts, frame_kind::info) == 3);
  CHECK(count(got.counts, frame_kind::error) == 2);
  for (const auto& item : got.items) {
    CHECK_FALSE(item.for_a_shard);
    CHECK(item.frame.seq == -1);
  }
  INFO(log.all());
  CHECK(log.count("error OutdatedCursor: the relay no longer has the frames after our cursor") ==
        1);
  CHECK(log.count("warning notice from the relay: Maintenance: ") == 1);
  CHECK(log.count("error FutureCursor: our cursor is ahead of the relay") == 1);
  CHECK(log.count("error the relay ends the stream with ConsumerTooSlow: why") == 1);
  CHECK(log.count("warning cannot decode a notice from the relay: ") == 1);
}

TEST_CASE("the cursor is the highest seq read, also when the relay repeats itself") {
  frame_intake intake(2, std::nullopt);
  CHECK_FALSE(intake.next_cursor());
  static_cast<void>(intake.route({commit(7, "did:plc:a"), commit(9, "did:plc:b")}, begin));
  CHECK(intake.next_cursor() == 9);
  const auto again = intake.route({commit(7, "did:plc:a")}, begin);
  CHECK(again.frames.items->at(0).order == arrival_order::repeated); // the window drops it
  CHECK(again.counts.repeated == 1);
  CHECK(intake.next_cursor() == 9);
}

TEST_CASE(
    "the stream begins where it is told: after a seq, at the oldest frame, or at the live end") {
  CHECK(frame_intake(2, 41).next_cursor() == 41);
  CHECK(frame_intake(2, 0).next_cursor() == 0);
  CHECK(frame_intake(2, std::nullopt).next_cursor() == std::nullopt);
  CHECK(frame_intake(2, std::nullopt).highest_read() == -1);
}

TEST_CASE("a text message is counted and logged, and changes nothing") {
  log_capture log;
  frame_intake intake(2, 41);
  const auto counts = intake.skip_text(12, begin);
  CHECK(count(counts, bad_frame::text) == 1);
  CHECK(total(counts) == 1);
  CHECK(counts.bytes == 0); // it was not received as a frame
  CHECK(intake.next_cursor() == 41);
  CHECK(log.count("warning skipping a text message of 12 bytes") == 1);
}

TEST_CASE("an oversized frame whose seq can be read is skipped by it") {
  log_capture log;
  frame_intake intake(2, 41);
  const auto frame = commit(60, "did:plc:alice");
  // Its beginning is enough: seq and DID come before the blocks.
  const std::string text{reinterpret_cast<const char*>(frame->data()), frame->size()};
  const auto head = std::span{*frame}.first(text.find("did:plc:alice") + 13);
  const auto counts = intake.skip_oversized(head, 3);
  CHECK(count(counts, bad_frame::oversized) == 1);
  CHECK(total(counts) == 1);
  CHECK(intake.next_cursor() == 60);
  CHECK(
      log.count("error a frame over the size limit came 3 times after cursor 41; skipping it, the "
                "next attempt begins after 60") == 1);
}

TEST_CASE(
    "an oversized frame whose seq cannot be read, or cannot be true, moves the cursor by one") {
  frame_intake intake(2, 41);
  const std::vector<std::byte> nonsense(10);
  static_cast<void>(intake.skip_oversized(nonsense, 3));
  CHECK(intake.next_cursor() == 42);
  static_cast<void>(intake.skip_oversized(*commit(42, "did:plc:alice"), 3));
  CHECK(intake.next_cursor() == 43);
  static_cast<void>(intake.skip_oversized(*event("#info", {{"name", "x"}}), 3));
  CHECK(intake.next_cursor() == 44);
}

TEST_CASE("without any seq an oversized frame leads to the oldest frame that the relay keeps") {
  frame_intake intake(2, std::nullopt);
  static_cast<void>(intake.skip_oversized({}, 3));
  CHECK(intake.next_cursor() == 0);
}

TEST_CASE(
    "behind an oversized frame far ahead the stream is asked for, but nothing counts as read") {
  frame_intake intake(2, 41);
  static_cast<void>(intake.skip_oversized(*commit(5'000'000, "did:plc:alice"), 3));
  CHECK(intake.next_cursor() == 5'000'000);
  CHECK(intake.highest_read() == 41);
  static_cast<void>(intake.route({commit(42, "did:plc:alice")}, begin));
  CHECK(intake.next_cursor() == 42);
}

TEST_CASE("a stray far ahead is passed on, counted and logged, and the cursor stays") {
  log_capture log;
  frame_intake intake(2, 0);
  std::vector<frame_bytes> frames;
  for (const std::int64_t seq : {1, 2, 3, 5'000'000, 4, 5})
    frames.push_back(commit(seq, "did:plc:alice"));
  const auto got = intake.route(std::move(frames), begin);
  CHECK(got.frames.items->at(3).order == arrival_order::far_ahead);
  CHECK(got.frames.items->at(3).for_a_shard);
  CHECK(got.frames.items->at(4).order == arrival_order::in_order);
  CHECK(got.counts.odd == std::array<std::uint64_t, odd_numbers>{1, 0, 0});
  CHECK(intake.next_cursor() == 5);
  CHECK(log.count("warning frame 5000000 was far ahead of the stream, which goes on at 4: it is "
                  "indexed, and the cursor does not move there") == 1);
  CHECK_FALSE(intake.went_back(begin + std::chrono::hours{1}));
}

TEST_CASE("numbers below the cursor are passed on for a while, and noticed within seconds") {
  log_capture log;
  frame_intake intake(2, 1'000);
  std::vector<frame_bytes> frames;
  for (std::int64_t seq = 1; seq <= 60; ++seq)
    frames.push_back(commit(seq, "did:plc:alice"));
  const auto got = intake.route(std::move(frames), begin);
  CHECK(got.counts.odd == std::array<std::uint64_t, odd_numbers>{0, 50, 10});
  CHECK(got.frames.items->at(0).order == arrival_order::late);
  CHECK(got.frames.items->at(59).order == arrival_order::refused);
  CHECK(intake.next_cursor() == 1'000);
  CHECK_FALSE(intake.went_back(begin + std::chrono::milliseconds{2'999}));
  CHECK(intake.went_back(begin + std::chrono::seconds{3}));
  CHECK(log.count("warning frame 1 comes late, after 1000: it is indexed") == 1);
  CHECK(log.count("error skipping frame 51: out of order like the 50 before it, after 1000") == 1);
  static_cast<void>(
      intake.route({commit(1'001, "did:plc:alice")}, begin + std::chrono::seconds{4}));
  CHECK_FALSE(intake.went_back(begin + std::chrono::hours{1}));
  CHECK(log.count("error the relay's numbers are above 1000 again") == 1);
}

TEST_CASE("a relay that refuses the cursor has gone back, until a frame comes in order") {
  log_capture log;
  frame_intake intake(2, 1'000);
  static_cast<void>(
      intake.route({bytes_of(make_frame({{"op", -1}}, {{"error", "ConsumerTooSlow"}}))}, begin));
  CHECK_FALSE(intake.went_back(begin));
  static_cast<void>(
      intake.route({bytes_of(make_frame({{"op", -1}}, {{"error", "FutureCursor"}}))}, begin));
  CHECK(intake.cursor_refused());
  CHECK(intake.went_back(begin));
  static_cast<void>(intake.route({commit(1, "did:plc:alice")}, begin)); // out of order
  CHECK(intake.went_back(begin));
  static_cast<void>(intake.route({commit(1'001, "did:plc:alice")}, begin));
  CHECK_FALSE(intake.cursor_refused());
  CHECK_FALSE(intake.went_back(begin + std::chrono::hours{1}));
}

TEST_CASE("each kind of line is written once in ten seconds, with the number left out") {
  log_capture log;
  frame_intake intake(2, 9);
  const auto flood = [&](time_point now) {
    for (int i = 0; i < 1'000; ++i) {
      static_cast<void>(intake.route({bytes_of({})}, now));
      static_cast<void>(intake.skip_text(5, now));
      static_cast<void>(intake.route({event("#tombstone", {{"seq", 9}})}, now)); // repeated too
      static_cast<void>(intake.route({event("#info", {{"name", "Maintenance"}})}, now));
      static_cast<void>(intake.route({event("#info", {{"name", "OutdatedCursor"}})}, now));
      static_cast<void>(intake.route({event("#info", {{"name", 1}})}, now));
      static_cast<void>(intake.route({bytes_of(make_frame({{"op", -1}}, {{"error", "x"}}))}, now));
      static_cast<void>(
          intake.route({bytes_of(make_frame({{"op", -1}}, {{"error", "FutureCursor"}}))}, now));
    }
  };
  flood(begin);
  INFO(log.all());
  CHECK(log.count("") == 9);
  CHECK(log.count("similar lines suppressed") == 0);
  flood(begin + std::chrono::seconds{10});
  CHECK(log.count("(999 similar lines suppressed)") == 9);
  CHECK(log.count("") == 18);
}

TEST_CASE("odd numbers have the names of their metric") {
  CHECK(to_string(odd_number::stray) == "stray");
  CHECK(to_string(odd_number::late) == "late");
  CHECK(to_string(odd_number::refused) == "refused");
}

TEST_CASE("reasons of bad frames have the names of their metric") {
  CHECK(to_string(bad_frame::invalid) == "invalid");
  CHECK(to_string(bad_frame::limit) == "limit");
  CHECK(to_string(bad_frame::oversized) == "oversized");
  CHECK(to_string(bad_frame::text) == "text");
}
