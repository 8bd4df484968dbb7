#include "db/accounts/purge.hpp"
#include "db/index/users.hpp"
#include "db/pg/server_identity.hpp"
#include "tests/integration/firehose_builder.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tests/support/must.hpp"

#include <catch2/catch.hpp>

// A database that is not the one that the writer knows, or that has gone back. Real promotions and
// restored backups: scripts/faults.

using namespace prism;
using namespace prism::test;

namespace {

[[nodiscard]] firehose_builder some_posts() {
  firehose_builder events;
  for (const auto* rkey : {"a", "b", "c"})
    events.post("alice", rkey);
  return events;
}

/// What becomes of the batch.
[[nodiscard]] std::string state_of(index_target& target, const db::batch& batch,
                                   const db::tx_options& options = {}) {
  const auto done = db::apply_batch(target.connection, options, batch);
  return done ? "applied" : done.error().sqlstate;
}

} // namespace

TEST_CASE("a transaction on another start of the server, or in another database, is rolled back") {
  index_target target;
  auto events = some_posts();
  target.apply(events.take(), 10);
  const auto server = must(db::read_server_identity(target.connection));
  CHECK_FALSE(server.system.empty());
  CHECK(server.timeline >= 1);
  CHECK(must(db::read_server_identity(target.connection)) == server);
  index_target other;
  CHECK(must(db::read_server_identity(other.connection)).start != server.start);

  events.post("bob", "d");
  const auto batch = target.batch_of(events.take());
  const auto users = target.count("users");
  const auto uris = target.count("uris");
  CHECK(state_of(target, batch, {.server_start = "1.5/7"}) == db::server_changed);
  CHECK(target.count("posts") == 3);
  CHECK(target.count("users") == users);
  CHECK(target.count("uris") == uris); // not even an id was given
  CHECK(state_of(target, batch, {.server_start = server.start}) == "applied");
  CHECK(target.count("posts") == 4);
}

TEST_CASE("ids of users that stem from another server are not given to it") {
  index_target target;
  target.apply({}, 1);
  const auto interned =
      db::transaction::run(target.connection, {.server_start = "1.5/7"}, [](db::tx& on) {
        return db::intern_users(on, {"did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"});
      });
  REQUIRE_FALSE(interned);
  CHECK(interned.error().sqlstate == db::server_changed);
  CHECK(target.count("users") == 0);
}

TEST_CASE("a connection that is lost during the proof is not another server") {
  const auto failure = [](const char* state, const char* statement) {
    return db::as_server_changed({db::error_class::transient, state, "gone", statement}).sqlstate;
  };
  CHECK(failure("57P01", "prove_server") == "57P01");
  CHECK(failure("08006", "prove_server") == "08006");
  CHECK(failure("22P02", "select_uris") == "22P02");
  CHECK(failure("22P02", "prove_server") == db::server_changed);
}

TEST_CASE("a cursor below a committed one shows that the database went back") {
  index_target target;
  auto events = some_posts();
  target.apply(events.take(), 10);
  events.post("alice", "d");
  auto batch = target.batch_of(events.take());
  batch.previous_seq = 3;
  must(target.connection.exec_script("UPDATE firehose_cursor SET seq = 2"));
  CHECK(state_of(target, batch) == db::server_changed);
  CHECK(target.count("posts") == 3);
  must(target.connection.exec_script("UPDATE firehose_cursor SET seq = 3"));
  CHECK(state_of(target, batch) == "applied");
}

TEST_CASE("an epoch below one's own is a database that went back, one above it a newer writer") {
  index_target target;
  auto events = some_posts();
  target.apply(events.take(), 10);
  events.post("alice", "d");
  const auto batch = target.batch_of(events.take());
  must(target.connection.exec_script("UPDATE firehose_cursor SET epoch = epoch - 1"));
  CHECK(state_of(target, batch) == db::server_changed);
  must(target.connection.exec_script("UPDATE firehose_cursor SET epoch = epoch + 2"));
  CHECK(state_of(target, batch) == db::fenced_state);
}

TEST_CASE("a server that a promotion has left behind is not connected to") {
  index_target target;
  auto known = must(db::read_server_identity(target.connection));
  auto options = target.connection.options();
  options.known_server = known;
  CHECK(db::connection::open(options));
  ++options.known_server.timeline; // a standby of it was promoted
  const auto refused = db::connection::open(options);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().cls == db::error_class::transient);
  CHECK_THAT(refused.error().message, Catch::Contains("timeline"));
  options.known_server.system = "another cluster";
  CHECK(db::connection::open(options));
}
