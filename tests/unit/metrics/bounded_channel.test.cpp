#include "metrics/bounded_channel.hpp"
#include "metrics/registry.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <memory>

using namespace prism;
using namespace prism::metrics;
using namespace std::chrono_literals;
using Catch::Contains;

TEST_CASE("a channel counts the time in which it was full") {
  const time_point begin{};
  bounded_channel channel(2);
  channel.add(1, begin);
  CHECK(channel.read(begin + 5s).full == 0s);
  channel.add(1, begin + 10s);
  CHECK(channel.read(begin + 13s).full == 3s); // also while it is full
  CHECK(channel.read(begin + 13s).times_full == 1);
  channel.remove(1, begin + 14s);
  CHECK(channel.read(begin + 20s).full == 4s);
  channel.set_depth(3, begin + 20s);
  channel.set_depth(2, begin + 21s);
  const auto last = channel.read(begin + 22s);
  CHECK(last.full == 6s);
  CHECK(last.times_full == 2);
  CHECK(last.depth == 2);
  CHECK(last.capacity == 2);
}

TEST_CASE("more units cannot leave a channel than are in it") {
  bounded_channel channel(2);
  channel.add(1, {});
  channel.remove(5, {});
  CHECK(channel.read({}).depth == 0);
}

TEST_CASE("a channel of unknown capacity is never full") {
  bounded_channel channel(0);
  channel.add(5, {});
  CHECK(channel.read(time_point{10s}).full == 0s);
}

TEST_CASE("a request is in its channel until it is answered or its actor ends") {
  auto channel = std::make_shared<bounded_channel>(2);
  {
    channel_unit first(channel);
    const channel_unit second(channel);
    CHECK(channel->read({}).depth == 2);
    first.leave();
    first.leave();
    CHECK(channel->read({}).depth == 1);
  }
  CHECK(channel->read({}).depth == 0);
  channel_unit nowhere(nullptr);
  nowhere.leave();
}

TEST_CASE("declared channels are read at each scrape, and may outlive the registry") {
  std::shared_ptr<bounded_channel> channel;
  {
    registry metrics({});
    metrics.declare_channel("a_to_b", 2);
    CHECK(metrics.bounded("b_to_a") == nullptr);
    channel = metrics.bounded("a_to_b");
    CHECK_THAT(metrics.serialize(), Contains("prism_edge_capacity{edge=\"a_to_b\"} 2\n"));
    channel->add(2, steady_clock::now() - 5s);
    const auto text = metrics.serialize();
    CHECK_THAT(text, Contains("prism_edge_depth{edge=\"a_to_b\"} 2\n"));
    CHECK_THAT(text, Contains("prism_edge_exhausted_total{edge=\"a_to_b\"} 1\n"));
    CHECK_THAT(text, Contains("prism_edge_stalled_seconds_total{edge=\"a_to_b\"} 5."));
  }
  channel->remove(2, steady_clock::now());
}

TEST_CASE("message types beyond the limit are timed together") {
  registry metrics({});
  auto& times = *metrics.actor("shard").times;
  for (std::size_t i = 0; i < message_times::max_types + 3; ++i)
    times.of("t" + std::to_string(i)).Observe(0.002);
  times.of("t0").Observe(0.002);
  const auto text = metrics.serialize();
  CHECK_THAT(text,
             Contains("prism_actor_message_seconds_count{actor=\"shard\",message=\"t0\"} 2\n"));
  CHECK_THAT(text,
             Contains("prism_actor_message_seconds_count{actor=\"shard\",message=\"other\"} 3\n"));
  CHECK(metrics.actor("shard").times == &times);
}
