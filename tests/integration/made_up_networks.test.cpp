#include "atproto/frame/frame.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tools/prism-synth/corpus_writer.hpp"
#include "tools/replay/corpus_file.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <random>

// Networks of prism-synth whose hosts have wrong clocks, with random reply graphs, circles among
// them. In any order of the repos, in batches of any size, with parts read twice, the rows must be
// those of prism-synth's own model, in every table that the oracle compares.

using namespace prism;
using namespace prism::test;

namespace {

using dice = std::mt19937;

[[nodiscard]] std::size_t roll(dice& of, std::size_t sides) {
  return std::uniform_int_distribution<std::size_t>{0, sides - 1}(of);
}

/// How many networks are made; PRISM_TEST_SEEDS=200 for the long form.
[[nodiscard]] unsigned seeds() {
  const char* wanted = std::getenv("PRISM_TEST_SEEDS");
  return wanted == nullptr ? 4U : static_cast<unsigned>(std::strtoul(wanted, nullptr, 10));
}

[[nodiscard]] synth::options tangled_network(unsigned seed, const std::string& base) {
  synth::options out;
  out.base = base;
  out.seed = seed;
  out.accounts = 12 + seed % 20;
  out.operations = 500;
  out.wrong_clocks = true;
  const auto weight = [&](synth::action of) -> double& {
    return out.mix[static_cast<std::size_t>(of)];
  };
  weight(synth::action::tangle) = 12;
  weight(synth::action::again) = 12;
  weight(synth::action::like) = 15;
  weight(synth::action::item) = 5;
  weight(synth::action::list) = 2;
  weight(synth::action::threadgate) = 4;
  weight(synth::action::postgate) = 3;
  weight(synth::action::edit) = 3;
  weight(synth::action::remove) = 10;
  weight(synth::action::pause) = 0.5;
  weight(synth::action::leave) = 0.3;
  return out;
}

/// A random order that keeps the order of each repo.
[[nodiscard]] std::vector<frame_bytes> shuffled(const std::vector<frame_bytes>& frames, dice& of) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<frame_bytes>> lanes;
  for (const auto& frame : frames) {
    order.emplace_back(atproto::peek_frame(*frame).value().did);
    lanes[order.back()].push_back(frame);
  }
  std::ranges::shuffle(order, of);
  std::map<std::string, std::size_t> next;
  std::vector<frame_bytes> out;
  for (const auto& did : order)
    out.push_back(lanes[did][next[did]++]);
  return out;
}

/// Like a node that stops somewhere and begins again at an older cursor.
void index_with_replays(index_target& target, const std::vector<frame_bytes>& frames, dice& of) {
  const auto cut = 1 + roll(of, frames.size());
  const auto again = roll(of, cut);
  const auto at = [&](std::size_t index) {
    return frames.begin() + static_cast<std::ptrdiff_t>(index);
  };
  target.apply({frames.begin(), at(cut)}, 1 + roll(of, 40));
  target.apply({at(again), frames.end()}, 1 + roll(of, 40));
}

/// What identity resolution would find.
void set_handles(index_target& target, const std::string& base) {
  std::ifstream file(base + ".handles.json");
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const auto handles = boost::json::parse(text);
  for (const auto& [handle, did] : handles.as_object())
    REQUIRE(target.connection.exec_script(
        fmt::format("UPDATE users SET handle = '{}' WHERE did = '{}'", std::string_view{handle},
                    std::string_view{did.as_string()})));
}

/// @returns what tools/oracle/compare.py says; empty without a difference.
[[nodiscard]] std::string differences(const std::string& base, const std::string& conninfo) {
  const auto log = base + ".log";
  REQUIRE(setenv("BASE", base.c_str(), 1) == 0);
  REQUIRE(setenv("CONNINFO", conninfo.c_str(), 1) == 0);
  const auto outcome = std::system( // NOLINT(concurrency-mt-unsafe)
      "PYTHONDONTWRITEBYTECODE=1 PYTHONPATH='" PRISM_SOURCE_DIR "/tools/common' "
      "python3 '" PRISM_SOURCE_DIR "/tools/oracle/compare.py' \"$BASE\" \"$CONNINFO\" "
      "'" PRISM_BINARY_DIR "/tools/prism-records' /dev/null > \"$BASE.log\" 2>&1");
  if (outcome == 0)
    return {};
  std::ifstream file(log);
  return {std::istreambuf_iterator<char>{file}, {}};
}

[[nodiscard]] std::int64_t microseconds_now() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

} // namespace

TEST_CASE("made-up networks with wrong clocks and tangled replies become the rows of their model") {
  const auto seed = GENERATE(range(1U, 1 + seeds()));
  INFO("seed " << seed);
  const scratch_directory directory;
  const auto base = (directory.path() / "made").string();
  REQUIRE(synth::write_corpus(tangled_network(seed, base)));
  const auto frames = net::read_corpus(base + ".frames.zst").value();
  dice of{seed};
  const auto conninfo = pg_fixture::migrated_database();
  index_target target(conninfo);
  target.arrival = microseconds_now();
  if (seed % 4 == 0)
    target.apply(frames, 1 + roll(of, 40));
  else
    index_with_replays(target, shuffled(frames, of), of);
  CHECK(target.reasons.empty());
  set_handles(target, base);
  CHECK(differences(base, conninfo) == "");
}
