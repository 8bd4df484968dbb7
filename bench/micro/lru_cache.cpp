// What a lookup in an id cache costs: every operation of every frame does some.

#include "core/lru_cache.hpp"

#include <benchmark/benchmark.h>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

using namespace prism;

namespace {

using id_cache = lru_cache<std::string, std::int64_t>;

/// Text of the length of a did:plc, different for each number.
std::string did_of(std::uint64_t number) {
  auto digits = std::to_string(number * 2654435761U);
  digits.resize(24, 'x');
  return "did:plc:" + digits;
}

/// DIDs in random order, the small numbers more often, as on the network: of `count` different ones
/// about half the draws fall to a tenth.
std::vector<std::string> drawn_dids(std::size_t count) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> uniform(0, 1);
  std::vector<std::string> dids(std::size_t{1} << 18U);
  for (auto& did : dids) {
    const auto draw = uniform(random);
    did = did_of(static_cast<std::uint64_t>(draw * draw * draw * static_cast<double>(count)));
  }
  return dids;
}

/// Lookup, and insertion of what is missing, as for the ids of users. `range`: entries kept, and
/// how many per cent of the DIDs have room.
void find_or_put(benchmark::State& state) {
  const auto capacity = static_cast<std::size_t>(state.range(0));
  const auto dids = drawn_dids(capacity * 100 / static_cast<std::size_t>(state.range(1)));
  id_cache cache(capacity);
  std::int64_t next_id = 0;
  std::size_t i = 0;
  for (auto _ : state) {
    const auto& did = dids[i++ % dids.size()];
    if (const auto* id = cache.find(std::string_view(did)))
      benchmark::DoNotOptimize(*id);
    else
      benchmark::DoNotOptimize(cache.put(did, ++next_id));
  }
  state.counters["hits"] =
      static_cast<double>(cache.hits()) / static_cast<double>(cache.hits() + cache.misses());
}
BENCHMARK(find_or_put)->Args({1'000, 100})->Args({100'000, 100})->Args({100'000, 30});

/// Insertion of new keys into a full cache: each pushes out another.
void put_and_evict(benchmark::State& state) {
  id_cache cache(static_cast<std::size_t>(state.range(0)));
  std::uint64_t number = 0;
  for (auto _ : state)
    benchmark::DoNotOptimize(cache.put(did_of(++number), 1));
}
BENCHMARK(put_and_evict)->Arg(1'000)->Arg(100'000);

} // namespace
