// The output of prism-synth is a firehose that strict consumers accept.

#include "corpus.hpp"
#include "atproto/crypto/signature.hpp"
#include "atproto/repo/repo_commit.hpp"
#include "atproto/syntax/tid.hpp"
#include "inversion.hpp"

#include <catch2/catch.hpp>
#include <set>

using namespace prism;
using namespace prism::atproto;

namespace {

[[nodiscard]] synth::options small_network(std::uint64_t seed) {
  synth::options out;
  out.accounts = 40;
  out.operations = 3000;
  out.seed = seed;
  return out;
}

/// The last event of a repository.
struct repo_state {
  std::string rev;
  cid data;
};

/// A commit's blocks, after all checks that need nothing else.
struct opened {
  car_view blocks;
  repo_commit head;
};

[[nodiscard]] opened open(std::span<const std::byte> car, std::string_view did,
                          const test::synth_corpus& from) {
  auto blocks = car_view::parse(car);
  REQUIRE(blocks);
  const auto block = blocks->find(blocks->root()).value();
  const auto head = decode_repo_commit(block);
  REQUIRE(head);
  CHECK(head->did == did);
  const auto key = from.keys.find(did);
  REQUIRE(key != from.keys.end());
  CHECK(verify_signature(key->second, unsigned_repo_commit(block).value(), head->sig));
  return {std::move(*blocks), *head};
}

} // namespace

TEST_CASE("the same seed gives the same bytes, another seed others") {
  const auto first = test::make_corpus(small_network(7));
  CHECK(test::make_corpus(small_network(7)).files == first.files);
  CHECK(test::make_corpus(small_network(8)).files != first.files);
}

TEST_CASE("every synthetic commit is signed, follows the previous one, and proves its operations") {
  const auto seed = GENERATE(1, 2, 3);
  const auto corpus = test::make_corpus(small_network(static_cast<std::uint64_t>(seed)));
  std::map<std::string, repo_state, std::less<>> repos;
  std::map<repo_action, std::size_t> actions;
  std::set<key_curve> curves;
  std::int64_t seq = 0;
  std::size_t several = 0;
  for (const auto& bytes : corpus.frames) {
    CHECK(peek_frame(*bytes)->seq == ++seq);
    const auto decoded = decode_frame(*bytes);
    REQUIRE(decoded);
    if (const auto* sync = std::get_if<sync_frame>(&*decoded)) {
      const auto decoded_commit = open(sync->blocks, sync->did, corpus);
      CHECK(sync->rev == repos.find(sync->did)->second.rev);
      CHECK(decoded_commit.head.data == repos.find(sync->did)->second.data);
      continue;
    }
    const auto* commit = std::get_if<commit_frame>(&*decoded);
    if (commit == nullptr)
      continue;
    INFO("seq " << seq << ", " << commit->repo);
    const auto [blocks, head] = open(commit->blocks, commit->repo, corpus);
    curves.insert(corpus.keys.find(commit->repo)->second.curve());
    CHECK(blocks.root() == commit->commit);
    CHECK(head.rev == commit->rev);
    CHECK(is_valid_tid(commit->rev));
    auto& before = repos[std::string{commit->repo}];
    CHECK(commit->rev > before.rev);
    if (before.rev.empty()) {
      CHECK(!commit->since);
      CHECK(!commit->prev_data);
    } else {
      CHECK(commit->since == before.rev);
      CHECK(commit->prev_data == before.data);
      const auto inverted = test::root_before(blocks, head.data, commit->ops);
      if (!inverted)
        FAIL(inverted.error().message);
      CHECK(*inverted == before.data);
    }
    for (const auto& op : commit->ops) {
      ++actions[op.action];
      CHECK((op.action == repo_action::create) == !op.prev);
      if (op.record)
        CHECK(blocks.find(*op.record));
    }
    several += commit->ops.size() > 1 ? 1 : 0;
    before = {std::string{commit->rev}, head.data};
  }
  CHECK(actions[repo_action::create] > 2500);
  CHECK(actions[repo_action::update] > 10);
  CHECK(actions[repo_action::remove] > 50);
  CHECK(several > 50);
  CHECK(curves.size() == 2);
}
