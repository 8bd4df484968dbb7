#include "tests/integration/indexing.hpp"
#include "tests/support/must.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <thread>

// A new writer takes over while a batch of the old one is under way.

using namespace prism;
using namespace std::chrono_literals;
using test::must;

namespace {

/// Whether a session comes to wait for another one's lock.
[[nodiscard]] bool somebody_waits(db::connection& on) {
  const auto until = std::chrono::steady_clock::now() + 60s;
  while (std::chrono::steady_clock::now() < until) {
    if (must(on.exec("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                     "wait_event_type = 'Lock'"))
            .get_int8(0, 0) > 0)
      return true;
    std::this_thread::sleep_for(5ms);
  }
  return false;
}

} // namespace

TEST_CASE("a batch that waited for a takeover is fenced, and not taken for committed") {
  test::index_target target;
  target.apply({}, 1);
  auto batch = target.batch_of({});
  batch.last_seq = 7;
  auto taker = must(db::connection::open(target.connection.options()));
  auto watcher = must(db::connection::open(target.connection.options()));
  must(taker.exec_script("BEGIN"));
  const auto epoch = must(db::next_epoch(taker, "writer", "other"));
  must(db::claim_cursors(taker, "test", 1, epoch, 0));
  auto late =
      std::async(std::launch::async, [&] { return db::apply_batch(target.connection, {}, batch); });
  REQUIRE(somebody_waits(watcher));
  must(taker.exec_script("COMMIT"));
  const auto done = late.get();
  REQUIRE_FALSE(done);
  CHECK(done.error().sqlstate == db::fenced_state);
  CHECK(must(db::select_cursors(watcher, "test")).at(0).seq == 0);
}
