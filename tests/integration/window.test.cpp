#include "tests/integration/running_node.hpp"

#include "tests/integration/indexing.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tests/support/receive_answer.hpp"
#include "tools/replay/corpus_file.hpp"
#include "tools/replay/replay_server.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;

namespace {

[[nodiscard]] std::size_t window_bytes(node& running) {
  std::size_t out = 0;
  const auto firehose = running.context().actors.find(names::firehose);
  if (!firehose)
    return 0; // it is started last
  caf::scoped_actor self(running.system());
  receive_answer(
      self->request(firehose, patience, get_status{}),
      [&](const actor_status& status) {
        out = status.fields.at("window_bytes").to_number<std::size_t>();
      },
      [&](const caf::error& problem) { FAIL(describe(running.system(), problem)); });
  return out;
}

} // namespace

TEST_CASE("the window never exceeds its bytes by more than part of one frame") {
  const auto corpus = net::read_corpus(PRISM_SOURCE_DIR "/sample/small.frames.zst").value();
  std::size_t largest = 0;
  for (const auto& frame : corpus)
    largest = std::max(largest, frame->size());
  const auto database = pg_fixture::fresh_database();
  const auto relay = net::replay_server::start(corpus, {}).value();
  auto options = node_settings(relay->url(), database);
  options.firehose_window_bytes = std::size_t{64} << 10U;
  options.until_caught_up = 3s;
  auto keeper = connect_to(database);
  const auto running = start_node(options);
  // Nothing can be committed; cursors can still be read.
  must(keeper.exec_script("BEGIN; LOCK TABLE firehose_cursor IN EXCLUSIVE MODE"));
  std::size_t peak = 0;
  const auto see = [&] { return peak = std::max(peak, window_bytes(*running)); };
  REQUIRE(eventually([&] { return see() >= options.firehose_window_bytes; }));
  for (int i = 0; i < 20; ++i)
    see();
  CHECK(peak < options.firehose_window_bytes + largest);
  must(keeper.exec_script("ROLLBACK"));
  finish(*running);
  index_target target;
  target.apply(corpus, 500);
  CHECK(differing(target.fingerprints(), rows_of(database)) == std::vector<std::string>{});
}
