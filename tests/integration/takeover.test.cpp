#include "db/pg/pipeline.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tests/support/must.hpp"

#include <catch2/catch.hpp>
#include <future>

// A new writer takes over while a batch of the old one is in flight.

using namespace prism;
using test::must;

TEST_CASE("a batch that waited for a takeover is fenced, and does not count as committed") {
  test::index_target target;
  target.apply({}, 1);
  auto batch = target.batch_of({});
  batch.last_seq = 7;
  auto taker = must(db::connection::open(target.connection.options()));
  auto watcher = must(db::connection::open(target.connection.options()));
  must(taker.exec_script("BEGIN"));
  db::pipeline tokens(taker);
  db::queue_set_tokens(tokens, "test", {0}, target.writer.token + 1);
  must(tokens.sync());
  auto late =
      std::async(std::launch::async, [&] { return db::apply_batch(target.connection, {}, batch); });
  test::wait_for_blocked_sessions(watcher, 1);
  must(taker.exec_script("COMMIT"));
  const auto done = late.get();
  REQUIRE_FALSE(done);
  CHECK(done.error().sqlstate == db::fenced_state);
  CHECK(must(db::select_cursors(watcher, "test")).at(0).seq == 0);
}
