#include "actors/intake/batch_maker.hpp"

#include "tests/unit/actors/log_capture.hpp"
#include "tests/unit/atproto/frame/frame_maker.hpp"

#include <catch2/catch.hpp>
#include <spdlog/spdlog.h>

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;

namespace {

constexpr time_point begin{1h};
constexpr db::micros late = 4'000'000'000'000'000;

/// Frames that no shard can index, at these positions.
[[nodiscard]] std::vector<routed_frame> bad_frames(std::int64_t first, std::int64_t last) {
  std::vector<routed_frame> out;
  auto payload = commit_payload();
  payload["repo"] = "no did";
  const auto bytes =
      std::make_shared<const std::vector<std::byte>>(make_message("#commit", payload));
  for (auto seq = first; seq <= last; ++seq)
    out.push_back({.seq = seq, .data = bytes, .position = seq});
  return out;
}

} // namespace

TEST_CASE("frames that are skipped make one line in ten seconds, and are all counted") {
  log_capture log;
  batch_maker maker;
  frame_queue<routed_frame> queue(10'000);
  REQUIRE(queue.receive(bad_frames(1, 1'000)));
  static_cast<void>(maker.make(queue, 10'000, 0, late, begin));
  CHECK(maker.left_out().frames.size() == 1'000);
  CHECK(log.count("warning frame 1 skipped: ") == 1);
  CHECK(log.count(" skipped: ") == 1);
  REQUIRE(queue.committed(queue.batch_end()));
  REQUIRE(queue.receive(bad_frames(1'001, 1'001)));
  static_cast<void>(maker.make(queue, 10'000, 0, late, begin + 10s));
  CHECK(log.count("warning frame 1001 skipped: ") == 1);
  CHECK(log.count("(999 similar lines suppressed)") == 1);
}

TEST_CASE("what a batch that is built again leaves out is not logged again") {
  log_capture log;
  batch_maker maker;
  frame_queue<routed_frame> queue(10);
  REQUIRE(queue.receive(bad_frames(1, 1)));
  static_cast<void>(maker.make(queue, 10, 0, late, begin));
  queue.requeue();
  static_cast<void>(maker.make(queue, 10, 0, late, begin + 1h));
  CHECK(log.count(" skipped: ") == 1);
  CHECK(maker.left_out().frames.size() == 1);
}

TEST_CASE("a frame that cannot be decoded makes a row about its repo, and one without a DID none") {
  batch_maker maker;
  frame_queue<routed_frame> queue(10);
  auto payload = commit_payload();
  payload.erase("ops");
  const auto bytes =
      std::make_shared<const std::vector<std::byte>>(make_message("#commit", payload));
  REQUIRE(queue.receive(bad_frames(1, 1)));
  REQUIRE(queue.receive(std::vector<routed_frame>{{.seq = 2, .data = bytes, .position = 2}}));
  const auto batch = maker.make(queue, 10, 0, late, begin);
  CHECK(maker.left_out().frames.size() == 2);
  REQUIRE(batch.refused.size() == 1);
  const auto& refused = batch.refused.front();
  CHECK(batch.refs.dids().at(refused.creator) == payload["repo"].as_string());
  CHECK(refused.kind == atproto::collection::other);
  CHECK(refused.reason == "bad_frame");
  CHECK(refused.place == db::place_of(0, 2));
}

TEST_CASE("a frame out of order makes a batch behind the cursor, at its own place") {
  batch_maker maker;
  frame_queue<routed_frame> queue(10);
  queue.start_at(5);
  const boost::json::object payload{
      {"seq", 77}, {"did", "did:plc:abc"}, {"time", "2026-11-23T10:49:07.112Z"}, {"active", true}};
  const auto bytes =
      std::make_shared<const std::vector<std::byte>>(make_message("#account", payload));
  const std::vector<routed_frame> frames{{.seq = 5'000'000, .data = bytes, .position = {5, 1}},
                                         {.seq = 6, .data = bytes, .position = 6}};
  REQUIRE(queue.receive(frames));
  const auto alone = maker.make(queue, 1, 100, late, begin);
  CHECK(alone.last_seq == 5);
  REQUIRE(alone.accounts.size() == 1);
  CHECK(alone.accounts[0].place == db::place_behind(100, 5, 1));
  REQUIRE(queue.committed(queue.batch_end()));
  const auto next = maker.make(queue, 1, 100, late, begin);
  CHECK(next.last_seq == 6);
  REQUIRE(next.accounts.size() == 1);
  CHECK(next.accounts[0].place > alone.accounts[0].place);
}
