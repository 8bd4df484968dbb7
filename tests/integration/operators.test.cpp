#include "atproto/frame/frame.hpp"
#include "tests/integration/running_node.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tests/support/receive_answer.hpp"
#include "tools/replay/corpus_file.hpp"
#include "tools/replay/replay_server.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;

// What operators do to a node that indexes the sample: nothing is lost by it.

namespace {

struct sampled_node {
  explicit sampled_node(std::uint32_t rate) {
    net::replay_options options;
    options.rate = rate;
    relay = net::replay_server::start(corpus, options).value();
    running = start_node(node_settings(relay->url(), pg_fixture::fresh_database()));
  }
  [[nodiscard]] node_context& context() { return running->context(); }
  [[nodiscard]] double durable() { return context().metrics.firehose().durable_seq->Value(); }
  [[nodiscard]] boost::json::object firehose() {
    const auto answer =
        context().access.ask(context().actors.find(names::firehose.text()), 5'000ms);
    return answer ? answer->fields : boost::json::object{};
  }

  net::corpus corpus = net::read_corpus(PRISM_SOURCE_DIR "/sample/small.frames.zst").value();
  std::unique_ptr<net::replay_server> relay;
  std::unique_ptr<node> running;
  std::int64_t last = atproto::peek_frame(*corpus.back())->seq;
};

} // namespace

TEST_CASE("one event is followed from the socket to its commit") {
  sampled_node on(4'000);
  on.context().events.start({.did = {}, .seq = on.last}, {.events = 1, .time = 1h},
                            steady_clock::now());
  finish(*on.running);
  const auto seen = on.context().events.read(steady_clock::now());
  CHECK_FALSE(seen.active);
  REQUIRE(seen.events.size() == 1);
  const auto& hops = seen.events[0].hops;
  REQUIRE(hops.size() >= 5);
  CHECK(hops.front().where == "received");
  CHECK(hops[1].where == "sent");
  CHECK(hops[2].where == "queued");
  CHECK(hops.back().where == "committed");
  for (std::size_t i = 1; i < hops.size(); ++i)
    CHECK(hops[i].at >= hops[i - 1].at);
}

TEST_CASE("a paused firehose stops reading, and nothing is missing afterwards") {
  sampled_node on(1'000);
  REQUIRE(eventually([&] { return on.durable() > 0; }));
  on.context().paused.add(
      {.part = "firehose", .until = steady_clock::now() + 1h, .who = "otto", .why = "a test"});
  // What was granted before comes in and is committed.
  REQUIRE(eventually([&] {
    const auto status = on.firehose();
    return status.contains("window_frames") && status.at("window_frames").to_number<int>() == 0 &&
           status.at("highest_read").to_number<std::int64_t>() > 0;
  }));
  CHECK(on.durable() < static_cast<double>(on.last));
  CHECK(on.context().paused.remove("firehose"));
  finish(*on.running);
  CHECK(on.durable() == static_cast<double>(on.last));
}

TEST_CASE("the frames of a paused shard wait in its lane, until the pause ends by itself") {
  sampled_node on(4'000);
  on.context().paused.add(
      {.part = "shard-0", .until = steady_clock::now() + 1'500ms, .who = "otto", .why = "a test"});
  CHECK(eventually([&] {
    const auto status = on.firehose();
    const auto* lanes = status.if_contains("lanes");
    return lanes != nullptr && lanes->at(0).at("frames").to_number<int>() > 0;
  }));
  finish(*on.running);
  CHECK(on.durable() == static_cast<double>(on.last));
}

TEST_CASE("an actor that an operator restarts is counted as a crash, and nothing is missing") {
  sampled_node on(4'000);
  REQUIRE(eventually([&] { return on.durable() > 0; }));
  on.context().access.send(on.context().actors.find(names::supervisor),
                           restart_child{"shard-1", "otto", "a test"});
  REQUIRE(eventually([&] { return on.context().crashes.after(0).size() == 1; }));
  CHECK(on.context().crashes.after(0)[0].actor == "shard-1");
  finish(*on.running);
  CHECK(on.durable() == static_cast<double>(on.last));
}
