#include "db/accounts/purge.hpp"

#include "db/index/users.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/support/must.hpp"
#include "tools/replay/corpus_file.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace std::chrono_literals;
using db::identity_kind;
using task_outcome = db::identity_result::task_outcome;
using test::must;

namespace {

constexpr db::micros second = 1'000'000;
constexpr db::micros hour = 3'600 * second;
constexpr db::micros noon = 1'700'000'000 * second;
const std::string alice = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa";
const std::string bob = "did:plc:bbbbbbbbbbbbbbbbbbbbbbbb";

/// Users and their events, one batch per event.
struct users : test::index_target {
  users() {
    apply({}, 1);
    const auto ids = must(db::intern_users(connection, {alice, bob}));
    a = ids[0];
    b = ids[1];
  }

  /// Each event stands behind those before it, whatever its time, unless `seq` says otherwise.
  void identity(const std::string& did, db::micros time, std::int64_t seq = 0) {
    auto batch = next();
    batch.identities.push_back({batch.refs.did(did), db::place_of(0, seq == 0 ? seq_ : seq), time});
    write(batch);
  }
  void account(const std::string& did, db::micros time, bool active, const std::string& status = "",
               std::int64_t seq = 0) {
    auto batch = next();
    batch.accounts.push_back(
        {batch.refs.did(did), seq_, db::place_of(0, seq == 0 ? seq_ : seq), time, active, status});
    write(batch);
  }
  void commit(const std::string& did, db::micros time) {
    auto batch = next();
    batch.heads.push_back({batch.refs.did(did), std::to_string(seq_),
                           atproto::cid::of_dag_cbor(std::vector<std::byte>{}), time});
    write(batch);
  }

  [[nodiscard]] db::batch next() {
    auto batch = batch_of({});
    batch.last_seq = ++seq_;
    return batch;
  }
  void write(db::batch& batch) {
    batch.user_ids = must(db::intern_users(connection, batch.refs.dids()));
    must(db::apply_batch(connection, {}, batch));
  }

  [[nodiscard]] std::vector<db::identity_task> claim(std::vector<std::int64_t> busy = {}) {
    return must(db::claim_identity_tasks(connection, writer.node, 100, 60s, busy)).tasks;
  }
  db::identity_report store(std::vector<db::identity_result> results) {
    return must(db::store_identity_results(connection, {}, results));
  }
  /// A result for `id` whose lookup began at `asked`.
  db::identity_result found(std::int64_t id, task_outcome what, const std::string& handle,
                            db::micros asked) {
    db::identity_task task;
    task.user_id = id;
    task.event_time = noon;
    task.asked_at = asked;
    return {task, what, handle, 1h};
  }

  [[nodiscard]] std::string text(const std::string& column, std::int64_t id) {
    const auto rows =
        must(connection.exec("SELECT coalesce((" + column +
                             ")::text, 'null') FROM users WHERE id = " + std::to_string(id)));
    return std::string{rows.get_text(0, 0)};
  }
  [[nodiscard]] std::string handle(std::int64_t id) { return text("handle", id); }

  std::int64_t a{0};
  std::int64_t b{0};

private:
  std::int64_t seq_{0};
};

} // namespace

TEST_CASE("a failed lookup or a concurrent user creation never overwrites a confirmed handle") {
  users u;
  u.store({u.found(u.a, task_outcome::confirmed, "alice.test", noon)});
  REQUIRE(u.handle(u.a) == "alice.test");
  u.identity(alice, noon + 1);
  auto tasks = u.claim();
  REQUIRE(tasks.size() == 1);
  u.store({{tasks[0], task_outcome::failed, "", 0ms}});
  CHECK(u.handle(u.a) == "alice.test");
  tasks = u.claim();
  REQUIRE(tasks.size() == 1); // due again
  CHECK(tasks[0].attempts == 1);
  u.store({{tasks[0], task_outcome::deferred, "", 0ms}});
  CHECK(u.claim()[0].attempts == 1); // deferring is not counted as a try
  CHECK(must(db::intern_users(u.connection, {alice})) == std::vector{u.a});
  CHECK(u.handle(u.a) == "alice.test");
}

TEST_CASE("an #identity event without handle causes a lookup and stores no DID as handle") {
  users u;
  u.identity(alice, noon);
  CHECK(u.handle(u.a) == "null");
  const auto tasks = u.claim();
  REQUIRE(tasks.size() == 1);
  CHECK(tasks[0].did == alice);
  CHECK(tasks[0].forced);
  CHECK(tasks[0].event_time == noon);
  u.identity(alice, noon, 1); // the same event again
  CHECK(u.claim().empty());
  u.identity(alice, noon - hour); // another one, of a host whose clock went back
  CHECK(u.claim().size() == 1);
}

TEST_CASE("a refuted handle is removed") {
  users u;
  u.store({u.found(u.a, task_outcome::confirmed, "alice.test", noon)});
  u.store({u.found(u.a, task_outcome::refuted, "", noon + 1)});
  CHECK(u.handle(u.a) == "null");
}

TEST_CASE("a handle belongs to the user for whom it was confirmed last, in any order of writing") {
  users u;
  u.store({u.found(u.a, task_outcome::confirmed, "one.test", noon)});
  const auto report = u.store({u.found(u.b, task_outcome::confirmed, "one.test", noon + 5)});
  CHECK(report.taken == 1);
  CHECK(u.handle(u.a) == "null");
  CHECK(u.handle(u.b) == "one.test");
  u.store({u.found(u.a, task_outcome::confirmed, "one.test",
                   noon + 4)}); // an older result, written later
  CHECK(u.handle(u.a) == "null");
  CHECK(u.handle(u.b) == "one.test");
  u.store({u.found(u.a, task_outcome::confirmed, "one.test", noon + 7),
           u.found(u.b, task_outcome::confirmed, "one.test", noon + 6)});
  CHECK(u.handle(u.a) == "one.test");
  CHECK(u.handle(u.b) == "null");
}

TEST_CASE("two users can swap their handles in one transaction") {
  users u;
  u.store({u.found(u.a, task_outcome::confirmed, "one.test", noon),
           u.found(u.b, task_outcome::confirmed, "two.test", noon)});
  u.store({u.found(u.a, task_outcome::confirmed, "two.test", noon + 1),
           u.found(u.b, task_outcome::confirmed, "one.test", noon + 1)});
  CHECK(u.handle(u.a) == "two.test");
  CHECK(u.handle(u.b) == "one.test");
}

TEST_CASE("an event that arrives during the lookup of its user is not lost") {
  users u;
  u.identity(alice, noon);
  const auto first = u.claim();
  REQUIRE(first.size() == 1);
  u.identity(alice, noon + second);
  CHECK(u.claim({u.a}).empty()); // the user is being looked up
  u.store({{first[0], task_outcome::confirmed, "old.test", {}}});
  CHECK(u.handle(u.a) == "old.test");
  const auto again = u.claim();
  REQUIRE(again.size() == 1);
  u.store({{again[0], task_outcome::confirmed, "new.test", {}}});
  CHECK(u.handle(u.a) == "new.test");
  CHECK(u.count("identity_tasks") == 0);
}

TEST_CASE("a node that begins again claims its own tasks and those of dead nodes again") {
  users u;
  u.identity(alice, noon);
  u.writer = test::take_over(u.connection);
  REQUIRE(u.claim().size() == 1);
  CHECK(u.claim().empty());
  SECTION("its own") {
    must(db::release_identity_tasks(u.connection, u.writer.node));
    CHECK(u.claim().size() == 1);
  }
  SECTION("not those of a live member") {
    must(db::release_identity_tasks(u.connection, "00000000-0000-4000-8000-000000000001"));
    CHECK(u.claim().empty());
  }
  SECTION("those of one that was replaced") {
    u.writer = test::take_over(u.connection);
    must(db::release_identity_tasks(u.connection, u.writer.node));
    CHECK(u.claim().size() == 1);
  }
  SECTION("those of a prismd that knew no nodes") {
    must(u.connection.exec_script("UPDATE identity_tasks SET claimed_by = NULL"));
    must(db::release_identity_tasks(u.connection, u.writer.node));
    CHECK(u.claim().size() == 1);
  }
}

TEST_CASE("users are looked up when first seen, then daily, and hourly without handle") {
  users u;
  u.commit(alice, noon);
  auto tasks = u.claim();
  REQUIRE(tasks.size() == 1);
  CHECK_FALSE(tasks[0].forced);
  u.store({{tasks[0], task_outcome::refuted, "", {}}});
  u.commit(alice, noon + hour);
  CHECK(u.count("identity_tasks") == 0);
  u.commit(alice, noon + hour + second);
  tasks = u.claim();
  REQUIRE(tasks.size() == 1);
  u.store({{tasks[0], task_outcome::confirmed, "alice.test", {}}});
  u.commit(alice, noon + 25 * hour + second);
  CHECK(u.count("identity_tasks") == 0);
  u.commit(alice, noon + 25 * hour + 2 * second);
  CHECK(u.count("identity_tasks") == 1);
  CHECK(u.text("indexed_at = to_timestamp(1700003601)", u.a) == "true");
}

TEST_CASE("the state of an account depends on the places of its events, not on their times") {
  users u;
  const auto status = [&] { return u.text("status", u.a); };
  for (const char* each : {"deactivated", "suspended", "takendown"}) {
    static db::micros time = noon;
    u.account(alice, time -= second, false, each);
    CHECK(status() == each);
    u.account(alice, time + hour, true, "", 1);
    CHECK(status() == each); // it stands before
    u.account(alice, time, true);
    CHECK(status() == "null"); // of the same time
  }
  u.account(alice, noon + 70 * 365 * 24 * hour, false, "takendown");
  u.account(alice, noon + hour, true);
  CHECK(status() == "null");
  u.account(alice, noon + 2 * hour, false, "deleted"); // believed: this test verifies no deletions
  CHECK(status() == "deleted");
  CHECK(u.text("indexed_at", u.a) == "null");
  u.account(alice, noon + 3 * hour, true); // active again
  u.commit(alice, noon + 3 * hour);
  CHECK(status() == "null");
  CHECK(u.text("indexed_at = to_timestamp(1700010800)", u.a) == "true");
}

TEST_CASE("a deletion is carried out when it is confirmed; hosted accounts keep everything") {
  users u;
  u.verify_deletions = true;
  u.commit(alice, noon);
  u.store({{u.claim().at(0), task_outcome::confirmed, "alice.test", {}}});
  u.account(alice, noon + second, false, "deleted");
  CHECK(u.text("status", u.a) == "null");
  CHECK(u.handle(u.a) == "alice.test");
  const auto tasks = u.claim();
  REQUIRE(tasks.size() == 1);
  CHECK(tasks[0].kind == identity_kind::deletion);
  SECTION("the account is hosted") {
    u.store({{tasks[0], task_outcome::nothing_to_do, "", {}}});
    CHECK(u.text("status", u.a) == "null");
    CHECK(u.handle(u.a) == "alice.test");
  }
  SECTION("the account is gone") {
    must(db::purge_confirmed(u.connection, {}, {tasks[0], "test", 0, u.writer.node}));
    CHECK(u.text("status", u.a) == "deleted");
    CHECK(u.handle(u.a) == "null");
    CHECK(u.text("indexed_at", u.a) == "null");
  }
  CHECK(u.count("identity_tasks") == 0);
}

TEST_CASE("deletions confirmed later leave the same rows as believed deletions") {
  const auto corpus = net::read_corpus(PRISM_SOURCE_DIR "/sample/small.frames.zst").value();
  test::index_target believed;
  believed.apply(corpus, 500);
  users confirmed;
  confirmed.verify_deletions = true;
  confirmed.apply(corpus, 500);
  CHECK(confirmed.count("posts") > believed.count("posts"));
  std::size_t deletions = 0;
  for (const auto& task : confirmed.claim()) {
    if (task.kind != identity_kind::deletion)
      continue;
    ++deletions;
    must(db::purge_confirmed(confirmed.connection, {}, {task, "test", 0, confirmed.writer.node}));
  }
  CHECK(deletions == 3);
  CHECK(confirmed.fingerprints() == believed.fingerprints());
}

TEST_CASE("a purge deletes records from before the deletion and no newer ones") {
  const auto corpus = net::read_corpus(PRISM_SOURCE_DIR "/sample/small.frames.zst").value();
  users u;
  u.apply(corpus, 500);
  // The user with most posts, deleted at the place of the middle one.
  REQUIRE(u.connection.exec_script(
      "CREATE TABLE victim AS SELECT creator_id AS who, percentile_disc(0.5) WITHIN GROUP (ORDER "
      "BY "
      "place) AS at FROM posts GROUP BY 1 ORDER BY count(*) DESC LIMIT 1; "
      "DELETE FROM identity_tasks; INSERT INTO identity_tasks (user_id, kind, event_time, place, "
      "forced) SELECT who, 1, now(), at, true FROM victim"));
  const auto later = u.count("posts, victim WHERE creator_id = who AND place > at");
  REQUIRE(later > 3);
  const auto task = u.claim().at(0);
  SECTION("by a live node") {
    const auto report =
        must(db::purge_confirmed(u.connection, {}, {task, "test", 0, u.writer.node}));
    CHECK(report.purged > 3);
    CHECK(u.count("posts, victim WHERE creator_id = who AND place <= at") == 0);
    CHECK(u.count("likes, victim WHERE creator_id = who AND place <= at") == 0);
    CHECK(u.count("posts, victim WHERE creator_id = who") == later);
    CHECK(u.count("user_aggregates a, victim v WHERE a.user_id = v.who AND posts_count = " +
                  std::to_string(later)) == 1);
  }
  SECTION("not by a dead node") {
    must(u.connection.exec_script(
        "UPDATE cluster_members SET dead_at = now(), dead_reason = 'expired'"));
    const auto done = db::purge_confirmed(u.connection, {}, {task, "test", 0, u.writer.node});
    REQUIRE_FALSE(done);
    CHECK(done.error().sqlstate == db::fenced_state);
    CHECK(u.count("identity_tasks") == 1);
  }
  SECTION("not if the deletion was reported again in the meantime") {
    REQUIRE(u.connection.exec_script("UPDATE identity_tasks SET version = version + 1"));
    CHECK(must(db::purge_confirmed(u.connection, {}, {task, "test", 0, u.writer.node})).purged ==
          0);
    CHECK(u.count("identity_tasks") == 1);
  }
}
