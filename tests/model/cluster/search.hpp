#pragma once

#include "tests/model/cluster/steps.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace prism::model {

struct search_options {
  std::size_t nodes{2};
  scene from{scene::settled};
  std::int32_t depth{5};            ///< steps
  std::int32_t faults{2};           ///< at most so many of them are faults
  std::uint64_t states{100'000};    ///< ends after so many
  std::uint64_t recovery_every{64}; ///< from each so many-th state, faults stop
  std::uint64_t seed{1};            ///< of a random walk
  mutant wrong{};
};

struct search_result {
  std::uint64_t states{0};     ///< different ones
  std::uint64_t steps{0};      ///< taken
  std::uint64_t recoveries{0}; ///< shown
  std::uint64_t accepted{0};   ///< writes
  bool complete{true};         ///< all states within the depth were seen
  int slowest{0};              ///< ticks of a recovery
  std::string violation;       ///< and the steps to it; empty: none found

  void add(const search_result& other);
};

/// All that can happen, step by step.
[[nodiscard]] search_result search_all(const search_options& options);
/// Random walks of `depth` steps each, until `states` were seen.
[[nodiscard]] search_result walk(const search_options& options);

/// What is wrong if no more faults happen from here on; empty: nothing. Within ttl and two rounds
/// each shard has an owner, and they stay. @param ticks how long it took
[[nodiscard]] std::string recover(world from, int& ticks);

} // namespace prism::model
