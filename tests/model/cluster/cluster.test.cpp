#include "tests/model/cluster/search.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <fmt/format.h>

// What can happen to a cluster: real node machines and real placement, a simulated database, and
// every order of events (tests/model/cluster/steps.hpp). The long form takes minutes:
//
//     PRISM_MODEL_MINUTES=20 build/release/tests/model/model_cluster "[long]"

using namespace prism::model;

namespace {

void report(const std::string& what, const search_result& found) {
  fmt::print("{}: {} states{}, {} steps, {} recoveries (slowest {} ticks), {} writes\n", what,
             found.states, found.complete ? "" : " (not all)", found.steps, found.recoveries,
             found.slowest, found.accepted);
  INFO(what);
  CHECK(found.violation == "");
}

/// Of 2 and 3 nodes, from each scene.
template <class Search>
void everywhere(const std::string& what, Search search) {
  const char* names[] = {"at the start", "settled", "with a plan under way", "with one replaced"};
  for (const std::size_t nodes : {2U, 3U})
    for (const auto from : {scene::start, scene::settled, scene::planned, scene::replaced})
      report(fmt::format("{}, {} nodes {}", what, nodes, names[static_cast<int>(from)]),
             search(search_options{.nodes = nodes, .from = from}));
}

struct planted {
  const char* name;
  bool mutant::*error;
  scene from{scene::settled};
};

constexpr planted all_errors[]{
    {"batch_without_token", &mutant::batch_without_token},
    {"batch_without_lock", &mutant::batch_without_lock},
    {"take_unexpired", &mutant::take_unexpired},
    {"renew_without_epoch", &mutant::renew_without_epoch},
    {"resign_without_epoch", &mutant::resign_without_epoch},
    {"place_without_lease", &mutant::place_without_lease, scene::planned},
    {"place_without_view", &mutant::place_without_view, scene::planned},
    {"place_without_tokens", &mutant::place_without_tokens},
    {"place_without_renewal", &mutant::place_without_renewal, scene::planned},
    {"sessions_go_on", &mutant::sessions_go_on},
    {"later_sessions_go_on", &mutant::later_sessions_go_on, scene::replaced},
    {"trust_from_answer", &mutant::trust_from_answer},
    {"declare_at_once", &mutant::declare_at_once},
    {"never_gives_up_lead", &mutant::never_gives_up_lead},
    {"wild_clocks", &mutant::wild_clocks},
};

} // namespace

TEST_CASE("cluster model: nothing goes wrong within a few steps") {
  everywhere("all steps", [](search_options options) {
    options.depth = 4;
    options.states = 400'000;
    options.recovery_every = 512;
    return search_all(options);
  });
}

TEST_CASE("cluster model: nothing goes wrong in long random walks") {
  everywhere("random", [](search_options options) {
    options.depth = 80;
    options.faults = 10;
    options.states = 40'000;
    return walk(options);
  });
}

TEST_CASE("cluster model: nobody dies of an outage of the database") {
  for (int phase = 0; phase < 8; ++phase)
    for (int length = 1; length < 40; ++length) {
      auto here = make_world(3, scene::settled, {}, 0);
      here.serve(phase);
      const auto before = here.db.placement;
      take(here, {happens::away});
      here.serve(length);
      take(here, {happens::back});
      here.serve(25);
      INFO("away for " << length << " ticks");
      CHECK(here.violation == "");
      CHECK(here.db.members.size() == 3);
      CHECK(here.db.placement == before);
    }
}

TEST_CASE("cluster model: each planted error is found") {
  for (const auto& each : all_errors) {
    search_options options{.nodes = 2, .from = each.from, .depth = 30, .faults = 6};
    options.states = 400'000;
    options.recovery_every = 32;
    options.wrong.*each.error = true;
    const auto found = walk(options);
    fmt::print("{}: {} states, {}\n", each.name, found.states, found.violation);
    INFO(each.name);
    CHECK(found.violation != "");
  }
}

TEST_CASE("cluster model: the long form", "[.][long]") {
  const auto* minutes = std::getenv("PRISM_MODEL_MINUTES");
  const auto end = std::chrono::steady_clock::now() +
                   std::chrono::minutes{minutes == nullptr ? 10 : std::atoi(minutes)};
  for (std::uint64_t i = 1; std::chrono::steady_clock::now() < end; ++i) {
    const auto round = static_cast<std::int32_t>(i);
    everywhere("all steps", [&](search_options options) {
      options.depth = 4 + round;
      options.faults = 1 + round % 3;
      options.states = 4'000'000;
      options.recovery_every = 64;
      return search_all(options);
    });
    everywhere("random", [&](search_options options) {
      options.depth = 100;
      options.faults = 4 + round % 12;
      options.states = 1'000'000;
      options.recovery_every = 32;
      options.seed = i;
      return walk(options);
    });
  }
}
