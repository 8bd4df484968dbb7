// What a shard does with a frame before the database sees it; each iteration takes the next frame
// of the sample.

#include "bench/micro/sample.hpp"
#include "db/batch/batch_builder.hpp"

#include <benchmark/benchmark.h>

using namespace prism;

namespace {

void peek(benchmark::State& state) {
  const auto& frames = bench::sample();
  std::size_t i = 0;
  std::int64_t bytes = 0;
  while (state.KeepRunning()) {
    const auto& frame = *frames[i++ % frames.size()];
    bytes += static_cast<std::int64_t>(frame.size());
    benchmark::DoNotOptimize(atproto::peek_frame(frame));
  }
  state.SetBytesProcessed(bytes);
}
BENCHMARK(peek);

void decode(benchmark::State& state) {
  const auto& frames = bench::sample();
  std::size_t i = 0;
  std::int64_t bytes = 0;
  while (state.KeepRunning()) {
    const auto& frame = *frames[i++ % frames.size()];
    bytes += static_cast<std::int64_t>(frame.size());
    benchmark::DoNotOptimize(atproto::decode_frame(frame));
  }
  state.SetBytesProcessed(bytes);
}
BENCHMARK(decode);

/// Batches of `range` frames, blocks hashed, records checked against their lexicon.
void build_batch(benchmark::State& state) {
  const auto& frames = bench::decoded_sample();
  db::build_events quiet;
  quiet.rejected = [](auto, auto, auto, const auto&) {};
  quiet.skipped = [](auto) {};
  const auto size = static_cast<std::size_t>(state.range(0));
  std::size_t i = 0;
  while (state.KeepRunning()) {
    db::batch_builder builder(quiet);
    for (std::size_t n = 0; n < size; ++n)
      if (!builder.add(frames[i++ % frames.size()]))
        state.SkipWithError("a frame of the sample is refused");
    benchmark::DoNotOptimize(builder.take());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(build_batch)->Arg(1)->Arg(100)->Arg(500);

} // namespace
