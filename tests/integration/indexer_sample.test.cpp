#include "atproto/frame.hpp"
#include "db/batch_builder.hpp"
#include "db/indexer.hpp"
#include "db/migrator.hpp"
#include "db/progress.hpp"
#include "db/users.hpp"
#include "net/corpus_file.hpp"
#include "tests/support/pg_fixture.hpp"

#include <catch2/catch.hpp>

using namespace prism;

namespace {

struct counted_events {
  std::size_t rejected{0};
  std::size_t skipped{0};
  db::build_events events;
  counted_events() {
    events.rejected = [this](auto, auto, auto, const auto&) { ++rejected; };
    events.skipped = [this](auto) { ++skipped; };
  }
};

void apply_frames(db::connection& on, const net::corpus& corpus, std::size_t batch_frames,
                  counted_events& seen) {
  const auto epoch = db::next_epoch(on, "writer", "test").value();
  const auto cursors = db::claim_cursors(on, "test", 1, epoch, 0).value();
  REQUIRE(cursors.size() == 1);
  db::batch_builder builder(seen.events);
  std::int64_t last = 0;
  const auto flush = [&] {
    auto batch = builder.take();
    batch.service = "test";
    batch.epoch = epoch;
    batch.last_seq = last;
    batch.user_ids = db::intern_users(on, batch.refs.dids()).value();
    const auto done = db::apply_batch(on, {}, batch);
    if (!done)
      FAIL(done.error().statement << " " << done.error().sqlstate << " " << done.error().message);
  };
  for (const auto& frame : corpus) {
    const auto decoded = atproto::decode_frame(*frame);
    REQUIRE(decoded);
    REQUIRE(builder.add(*decoded));
    last = atproto::peek_frame(*frame)->seq;
    const auto* account = std::get_if<atproto::account_frame>(&*decoded);
    if (builder.frames() >= batch_frames || (account != nullptr && account->status == "deleted"))
      flush();
  }
  if (builder.frames() > 0)
    flush();
}

} // namespace

TEST_CASE("the sample becomes rows whatever the size of the batches") {
  const auto corpus = net::read_corpus(PRISM_SOURCE_DIR "/sample/small.frames.zst");
  REQUIRE(corpus);
  for (const std::size_t size : {1, 7, 500}) {
    INFO("batches of " << size);
    auto on = db::connection::open({.conninfo = test::pg_fixture::fresh_database()}).value();
    REQUIRE(db::migrate(on));
    counted_events seen;
    apply_frames(on, *corpus, size, seen);
    CHECK(seen.rejected == 4);
    CHECK(on.exec("SELECT count(*) FROM posts")->get_int8(0, 0) == 998);
    CHECK(on.exec("SELECT count(*) FROM follows WHERE NOT duplicate")->get_int8(0, 0) == 462);
  }
}
