#include "metrics/registry.hpp"
#include "metrics/labels.hpp"
#include "metrics/running_total.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

using namespace prism::metrics;
using Catch::Contains;

namespace {

registry_options small_options() {
  return {.version = "1.2.3",
          .revision = "abc",
          .shards = 2,
          .collections = {"app.bsky.feed.post", "app.bsky.feed.like"}};
}

} // namespace

TEST_CASE("series with known labels exist before the first event") {
  registry metrics(small_options());
  const auto text = metrics.serialize();
  for (const auto* line :
       {"prism_build_info{revision=\"abc\",version=\"1.2.3\"} 1\n",
        "prism_firehose_frames_total{kind=\"sync\"} 0\n",
        "prism_firehose_disconnects_total{reason=\"idle\"} 0\n",
        "prism_shard_frames_total{shard=\"1\"} 0\n", "prism_batch_frames_count 0\n",
        "prism_ops_total{action=\"delete\",collection=\"app.bsky.feed.like\"} 0\n",
        "prism_ops_total{action=\"create\",collection=\"other\"} 0\n",
        "prism_pending_op_events_total{event=\"released\"} 0\n",
        "prism_transaction_retries_total{sqlstate=\"40P01\"} 0\n"})
    CHECK_THAT(text, Contains(line));
}

TEST_CASE("counted values appear in the output") {
  registry metrics(small_options());
  metrics.firehose().frames.of("commit").Increment(3);
  metrics.firehose().connected->Set(1);
  metrics.ops("app.bsky.feed.post").of("create").Increment(2);
  metrics.batches().frames->Observe(7);
  metrics.channel("firehose-shard").depth->Set(5);
  metrics.actor("shard").restarts->Increment();
  metrics.cache("did").hits->Increment(9);
  const auto text = metrics.serialize();
  for (const auto* line :
       {"prism_firehose_frames_total{kind=\"commit\"} 3\n", "prism_firehose_connected 1\n",
        "prism_ops_total{action=\"create\",collection=\"app.bsky.feed.post\"} 2\n",
        "prism_batch_frames_bucket{le=\"5\"} 0\n", "prism_batch_frames_bucket{le=\"10\"} 1\n",
        "prism_batch_frames_sum 7\n", "prism_edge_depth{edge=\"firehose-shard\"} 5\n",
        "prism_actor_restarts_total{actor=\"shard\"} 1\n",
        "prism_cache_hits_total{cache=\"did\"} 9\n"})
    CHECK_THAT(text, Contains(line));
}

TEST_CASE("text from the network cannot create a series") {
  registry metrics(small_options());
  const auto lines = [&] {
    const auto text = metrics.serialize();
    return std::count(text.begin(), text.end(), '\n');
  };
  metrics.rejected("app.bsky.feed.post", "too_long").Increment();
  metrics.rejected("com.example.0", "too_long").Increment();
  const auto before = lines();
  for (int i = 0; i < 100; ++i) {
    const auto odd = "com.example." + std::to_string(i);
    metrics.ops(odd).of(odd).Increment();
    metrics.firehose().frames.of(odd).Increment();
    metrics.rejected(odd, "too_long").Increment();
  }
  CHECK(lines() == before);
  const auto text = metrics.serialize();
  CHECK_THAT(text, !Contains("com.example"));
  CHECK_THAT(text, Contains("prism_ops_total{action=\"other\",collection=\"other\"} 100\n"));
  CHECK_THAT(text, Contains("prism_firehose_frames_total{kind=\"other\"} 100\n"));
  CHECK_THAT(text, Contains("{collection=\"other\",reason=\"too_long\"} 101\n"));
}

TEST_CASE("reasons beyond the limit are counted together") {
  registry metrics(small_options());
  for (std::size_t i = 0; i < registry::max_reject_reasons + 10; ++i)
    metrics.rejected("app.bsky.feed.post", "r" + std::to_string(i)).Increment();
  metrics.rejected("app.bsky.feed.post", "r0").Increment();
  const auto text = metrics.serialize();
  CHECK_THAT(text, Contains("{collection=\"app.bsky.feed.post\",reason=\"other\"} 10\n"));
  CHECK_THAT(text, Contains("{collection=\"app.bsky.feed.post\",reason=\"r0\"} 2\n"));
}

TEST_CASE("bundles of the same name are the same series") {
  registry metrics(small_options());
  CHECK(metrics.actor("x").messages == metrics.actor("x").messages);
  CHECK(metrics.channel("x").depth == metrics.channel("x").depth);
  CHECK(metrics.cache("x").hits == metrics.cache("x").hits);
  CHECK(metrics.shard(1).frames == metrics.shard(1).frames);
  CHECK(&metrics.rejected("app.bsky.feed.post", "y") ==
        &metrics.rejected("app.bsky.feed.post", "y"));
}

TEST_CASE("how far the stream is behind is the age of its events at the time of the scrape") {
  registry metrics(small_options());
  const std::chrono::system_clock::time_point now{std::chrono::seconds{1'000'000}};
  CHECK_THAT(metrics.serialize(now), Contains("prism_firehose_lag_seconds 0\n"));
  metrics.firehose().event_timestamp->Set(999'990);
  CHECK_THAT(metrics.serialize(now), Contains("prism_firehose_lag_seconds 10\n"));
  CHECK_THAT(metrics.serialize(now + std::chrono::seconds{5}),
             Contains("prism_firehose_lag_seconds 15\n"));
}

TEST_CASE("a counter that follows a running total never decreases") {
  registry metrics(small_options());
  auto& hits = *metrics.cache("did").hits;
  raise_to(hits, 5);
  raise_to(hits, 5);
  CHECK(hits.Value() == 5);
  raise_to(hits, 3);
  CHECK(hits.Value() == 5);
  raise_to(hits, 8);
  CHECK(hits.Value() == 8);
}

TEST_CASE("a counter continues when its total starts again") {
  registry metrics(small_options());
  auto& stalled = *metrics.firehose().stalled_seconds;
  {
    running_total first(stalled);
    first.show(5);
    first.show(5);
    first.show(7.5);
    CHECK(stalled.Value() == 7.5);
  }
  // Its owner was restarted.
  running_total second(stalled);
  second.show(2);
  CHECK(stalled.Value() == 9.5);
  // Only the total starts again.
  second.show(1);
  second.show(3);
  CHECK(stalled.Value() == 12.5);
  // Another total of the same counter.
  running_total other(stalled);
  other.show(4);
  second.show(4);
  CHECK(stalled.Value() == 17.5);
}

TEST_CASE("caches of one name are shown as their sum, without those that were destroyed") {
  registry metrics(small_options());
  const auto out = metrics.cache("shard_users");
  shown_cache first(out);
  first.show(10, 5, 1, 4U);
  {
    shown_cache second(out);
    second.show(1, 2, 0, 2U);
    second.show(1, 3, 0, 3U);
    CHECK(out.hits->Value() == 11);
    CHECK(out.misses->Value() == 8);
    CHECK(out.evictions->Value() == 1);
    CHECK(out.entries->Value() == 7);
  }
  CHECK(out.entries->Value() == 4);
  CHECK(out.misses->Value() == 8);
}

TEST_CASE("metrics may be counted, created and read from several threads") {
  registry metrics(small_options());
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        metrics.firehose().frames.of("commit").Increment();
        metrics.actor("a" + std::to_string(i % 3)).messages->Increment();
        metrics.rejected("app.bsky.feed.post", "r" + std::to_string(i % 90)).Increment();
        if (i % 50 == t)
          static_cast<void>(metrics.serialize());
      }
    });
  for (auto& thread : threads)
    thread.join();
  CHECK(metrics.firehose().frames.of("commit").Value() == 800);
}

TEST_CASE("a scrape of a large node takes milliseconds") {
  auto options = small_options();
  options.shards = 64;
  for (int i = 0; i < 20; ++i)
    options.collections.push_back("app.bsky.c" + std::to_string(i));
  registry metrics(options);
  for (int actor = 0; actor < 12; ++actor)
    for (int message = 0; message < 10; ++message)
      metrics.actor("a" + std::to_string(actor))
          .times->of("m" + std::to_string(message))
          .Observe(1);
  for (int i = 0; i < 300; ++i)
    static_cast<void>(metrics.rejected(options.collections[static_cast<std::size_t>(i % 20)],
                                       "r" + std::to_string(i / 20)));
  auto best = std::chrono::steady_clock::duration::max();
  std::size_t lines = 0;
  for (int i = 0; i < 10; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const auto text = metrics.serialize();
    best = std::min(best, std::chrono::steady_clock::now() - begin);
    lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }
  const auto took = std::chrono::duration<double, std::milli>(best).count();
  WARN(lines << " lines in " << took << " ms");
  CHECK(lines > 2'000);
  CHECK(took < 50); // 5 in a release build on an idle machine
}

TEST_CASE("series can be set right before each scrape, until their owner ends") {
  registry metrics(small_options());
  double open = 3;
  auto shown = metrics.before_scrape([&] { metrics.tunnel().open->Set(open); });
  CHECK_THAT(metrics.serialize(), Contains("prism_tunnel_open_connections 3\n"));
  open = 4;
  const auto read = metrics.read("prism_tunnel_open_connections");
  REQUIRE(read.size() == 1);
  CHECK(read[0].value == 4);
  shown.reset();
  open = 5;
  CHECK_THAT(metrics.serialize(), Contains("prism_tunnel_open_connections 4\n"));
}
