// What verification of a commit costs; each iteration takes the next commit of the sample.

#include "atproto/crypto/signature.hpp"
#include "atproto/repo/car.hpp"
#include "atproto/repo/mst.hpp"
#include "atproto/repo/repo_commit.hpp"
#include "bench/micro/sample.hpp"

#include <benchmark/benchmark.h>

using namespace prism;

namespace {

/// Reads the blocks and hashes each.
void parse_car(benchmark::State& state) {
  const auto& commits = bench::sample_commits();
  std::size_t i = 0;
  std::int64_t bytes = 0;
  while (state.KeepRunning()) {
    const auto& commit = commits[i++ % commits.size()];
    bytes += static_cast<std::int64_t>(commit.blocks.size());
    benchmark::DoNotOptimize(atproto::car_view::parse(commit.blocks));
  }
  state.SetBytesProcessed(bytes);
}
BENCHMARK(parse_car);

/// The partial tree of a commit, without the parsing of the CAR.
void walk_tree(benchmark::State& state) {
  struct tree {
    atproto::car_view blocks;
    atproto::cid root;
  };
  std::vector<tree> trees;
  for (const auto& commit : bench::sample_commits()) {
    auto blocks = atproto::car_view::parse(commit.blocks).value();
    const auto root = atproto::decode_repo_commit(blocks.find(commit.commit).value())->data;
    trees.push_back({std::move(blocks), root});
  }
  std::size_t i = 0;
  while (state.KeepRunning()) {
    const auto& each = trees[i++ % trees.size()];
    benchmark::DoNotOptimize(atproto::walk_mst(each.blocks, each.root, [](auto, const auto&) {}));
  }
}
BENCHMARK(walk_tree);

/// Signatures of secp256k1, the curve of nearly all accounts and of all in the sample.
void verify(benchmark::State& state) {
  struct signed_commit {
    atproto::public_key key;
    std::vector<std::byte> message;
    std::span<const std::byte> signature;
  };
  std::vector<signed_commit> commits;
  for (const auto& commit : bench::sample_commits()) {
    const auto key = bench::sample_keys().find(commit.repo);
    if (key == bench::sample_keys().end())
      continue;
    const auto blocks = atproto::car_view::parse(commit.blocks).value();
    const auto block = blocks.find(commit.commit).value();
    commits.push_back({key->second, atproto::unsigned_repo_commit(block).value(),
                       atproto::decode_repo_commit(block)->sig});
  }
  std::size_t i = 0;
  while (state.KeepRunning()) {
    const auto& each = commits[i++ % commits.size()];
    benchmark::DoNotOptimize(atproto::verify_signature(each.key, each.message, each.signature));
  }
}
BENCHMARK(verify);

} // namespace
