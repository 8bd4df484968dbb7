// What counts in batch-max-frames.

#include "actors/intake/batch_maker.hpp"
#include "tests/integration/firehose_builder.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/integration/running_node.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tools/replay/replay_server.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::test;

namespace {

/// A firehose whose commits have that many operations; 0: an #identity frame.
[[nodiscard]] std::vector<frame_bytes> commits_of(const std::vector<int>& sizes) {
  firehose_builder stream;
  int number = 0;
  for (const int size : sizes) {
    std::vector<change> changes;
    for (int i = 0; i < size; ++i)
      changes.push_back({"create", fmt::format("app.bsky.graph.follow/f{}", ++number),
                         block_of({{"$type", "app.bsky.graph.follow"},
                                   {"subject", did_of(fmt::format("n{}", number))},
                                   {"createdAt", record_time}})});
    if (size == 0)
      stream.identity("alice");
    else
      stream.commit("alice", changes);
  }
  return stream.take();
}

/// A time by our clock, in µs since 1970, at which no event is ahead.
constexpr std::int64_t long_after = 4'000'000'000'000'000;

/// The frames of each batch, and whether it was full.
using batches = std::vector<std::pair<std::size_t, bool>>;

[[nodiscard]] batches made_of(const std::vector<frame_bytes>& frames, std::size_t max_ops) {
  frame_queue<routed_frame> queue(1000);
  std::vector<routed_frame> routed;
  for (const auto& frame : frames) {
    const auto seq = static_cast<std::int64_t>(routed.size() + 1);
    routed.push_back({.seq = seq, .data = frame, .position = seq});
  }
  REQUIRE(queue.receive(routed));
  batch_maker maker;
  batches out;
  while (queue.has_work()) {
    static_cast<void>(maker.make(queue, max_ops, 0, long_after, {}));
    const auto& load = maker.load();
    CHECK(load.frames == queue.in_flight().size());
    CHECK((load.ops <= max_ops || load.frames == 1));
    out.emplace_back(load.frames, load.full);
    REQUIRE(queue.committed(queue.batch_end()));
  }
  return out;
}

} // namespace

TEST_CASE("a batch is limited by its operations, and a frame counts as one at least") {
  CHECK(made_of(commits_of({1, 1, 1, 1, 1}), 2) == batches{{2, true}, {2, true}, {1, false}});
  CHECK(made_of(commits_of({0, 0, 0}), 2) == batches{{2, true}, {1, false}});
  CHECK(made_of(commits_of({2, 2, 2}), 5) == batches{{2, true}, {1, false}});
  CHECK(made_of(commits_of({1, 9, 1, 1}), 5) == batches{{1, true}, {1, true}, {2, false}});
  // What cannot be decoded is a frame as well.
  auto frames = commits_of({1, 1});
  frames.push_back(std::make_shared<const std::vector<std::byte>>(3, std::byte{0xff}));
  CHECK(made_of(frames, 2) == batches{{2, true}, {1, false}});
}

TEST_CASE("a node commits large commits in batches of few and small ones in batches of many") {
  const int ops = GENERATE(1, 40);
  const auto frames = commits_of(std::vector<int>(120, ops));
  net::corpus corpus;
  for (const auto& frame : frames)
    corpus.push_back(frame);
  auto server = net::replay_server::start(std::move(corpus), {}).value();
  auto options = node_settings(server->url(), pg_fixture::fresh_database());
  options.shards = 1;
  options.batch_max_frames = 100;
  auto running = start_node(options);
  REQUIRE(running->context().status.wait(patience));
  const auto seen = running->context().metrics.batches().ops->Collect().histogram;
  CHECK(seen.sample_sum == 120 * ops);
  std::uint64_t within = 0; // batches of at most 100 operations
  for (const auto& bucket : seen.bucket)
    if (bucket.upper_bound == 100)
      within = bucket.cumulative_count;
  CHECK(within == seen.sample_count);
  CHECK(running->stop());
}
