#include "core/readiness.hpp"

#include <catch2/catch.hpp>
#include <functional>
#include <vector>

using namespace prism;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

/// One way to be unready, and the line that has to say so.
struct obstacle {
  std::function<void(readiness_facts&)> make;
  std::string line;
};

[[nodiscard]] const std::vector<obstacle>& obstacles() {
  static const std::vector<obstacle> all{
      {[](auto& facts) { facts.database_reachable = false; }, "FAIL database reachable\n"},
      {[](auto& facts) { facts.schema_current = false; }, "FAIL schema current\n"},
      {[](auto& facts) { facts.firehose_running = false; }, "FAIL firehose running\n"},
      {[](auto& facts) { facts.draining = true; }, "FAIL not draining\n"},
      {[](auto& facts) { facts.ending = "epoch 4 is over"; }, "FAIL ending: epoch 4 is over\n"},
      {[](auto& facts) { facts.problems["shard-3"] = "before frame 7: 42P01"; },
       "FAIL shard-3: before frame 7: 42P01\n"},
      {[](auto& facts) { facts.problems["shard-9"] = "has not got on for 31 s"; },
       "FAIL shard-9: has not got on for 31 s\n"},
  };
  return all;
}

[[nodiscard]] readiness_facts well() {
  return {.database_reachable = true,
          .schema_current = true,
          .firehose_running = true,
          .draining = false,
          .ending = {},
          .problems = {},
          .firehose_connected = true,
          .newest_event_age = 2s};
}

} // namespace

TEST_CASE("a node is ready exactly if no fact is against it, and each such fact is named") {
  const auto& all = obstacles();
  for (unsigned chosen = 0; chosen < 1U << all.size(); ++chosen) {
    CAPTURE(chosen);
    auto facts = well();
    for (std::size_t i = 0; i < all.size(); ++i)
      if ((chosen >> i & 1U) != 0)
        all[i].make(facts);
    const auto answer = evaluate_readiness(facts);
    REQUIRE(answer.ready == (chosen == 0));
    for (std::size_t i = 0; i < all.size(); ++i)
      REQUIRE((answer.text.find(all[i].line) != std::string::npos) == ((chosen >> i & 1U) != 0));
  }
}

TEST_CASE("facts that are not known yet make the node unready") {
  const auto answer = evaluate_readiness({});
  CHECK_FALSE(answer.ready);
  CHECK(answer.text == "FAIL database reachable\nFAIL schema current\nFAIL firehose running\n"
                       "ok   not draining\ninfo relay away, nothing committed yet\n");
}

TEST_CASE("a node that does not read the relay says who does") {
  auto facts = well();
  facts.read_by = "n1";
  facts.firehose_connected = false;
  const auto answer = evaluate_readiness(facts);
  CHECK(answer.ready);
  CHECK_THAT(answer.text, Catch::EndsWith("info relay read by node 'n1'\n"));
}

TEST_CASE("a lost relay and a lag are shown, but do not make the node unready") {
  auto facts = well();
  CHECK(evaluate_readiness(facts).text ==
        "ok   database reachable\nok   schema current\nok   firehose running\nok   not draining\n"
        "info relay connected, newest committed event 2 s old\n");
  facts.firehose_connected = false;
  facts.newest_event_age = 72h;
  const auto answer = evaluate_readiness(facts);
  CHECK(answer.ready);
  CHECK_THAT(answer.text, Contains("info relay away, newest committed event 259200 s old\n"));
}
