// did_documents: which lookups write it, which events make a row unusable or delete it; and the
// answers of GetIdentityByDid.

#include "dataplane/methods/table.hpp"
#include "dataplane/proto/bsky.hpp"
#include "db/accounts/identity.hpp"
#include "db/accounts/purge.hpp"
#include "db/index/users.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <fmt/format.h>
#include <tuple>

using namespace prism;
using namespace std::chrono_literals;
using net::grpc_status;
using test::must;

namespace {

const std::string alice = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa";
const std::string bob = "did:plc:bbbbbbbbbbbbbbbbbbbbbbbb";
constexpr db::micros second = 1'000'000;

[[nodiscard]] std::shared_ptr<const atproto::published_identity> document(const std::string& key) {
  return std::make_shared<const atproto::published_identity>(atproto::published_identity{
      .exists = true, .handle = "alice.test", .keys = key, .services = "{}"});
}
[[nodiscard]] std::shared_ptr<const atproto::published_identity> no_document() {
  return std::make_shared<const atproto::published_identity>();
}

/// Accounts, their events and lookups, and the method.
struct accounts : test::index_target {
  explicit accounts(const std::string& database = test::pg_fixture::fresh_database())
      : index_target(database) {
    apply({}, 1);
    commit(alice);
  }

  void commit(const std::string& did) {
    auto batch = next();
    batch.heads.push_back({batch.refs.did(did), std::to_string(seq_),
                           atproto::cid::of_dag_cbor(std::vector<std::byte>{}), now()});
    write(batch);
  }
  void identity(const std::string& did) {
    auto batch = next();
    batch.identities.push_back({batch.refs.did(did), db::place_of(0, seq_), now()});
    write(batch);
  }
  /// @param late the event's place is that of the first one, before all others
  void account(const std::string& did, bool active, const std::string& status = "",
               bool late = false) {
    auto batch = next();
    batch.accounts.push_back(
        {batch.refs.did(did), seq_, db::place_of(0, late ? 1 : seq_), now(), active, status});
    write(batch);
  }

  struct reply {
    grpc_status status{grpc_status::ok};
    bsky::GetIdentityByDidResponse body;
    std::optional<db::wanted_identity> wanted;
  };
  reply ask(const std::string& did, const db::known_identity* found = nullptr) {
    bsky::GetIdentityByDidRequest request;
    request.set_did(did);
    reads::session on(connection);
    dataplane::call call{.on = on, .now = now(), .identity = found};
    const auto* method = dataplane::find_method("GetIdentityByDid");
    REQUIRE(method != nullptr);
    const auto answer = method->run(call, request.SerializeAsString());
    reply out;
    out.wanted = std::move(call.wanted);
    if (!answer)
      out.status = answer.error().status;
    else
      REQUIRE(out.body.ParseFromString(*answer));
    return out;
  }
  /// What a call for this DID wants.
  db::wanted_identity wanted(const std::string& did) {
    auto got = ask(did);
    REQUIRE(got.status == grpc_status::unavailable);
    REQUIRE(got.wanted);
    return *got.wanted;
  }
  void store(const db::wanted_identity& asked,
             std::shared_ptr<const atproto::published_identity> found) {
    must(db::store_identity_results(connection, {}, {}, {{asked, std::move(found)}}));
  }
  std::string key_of(const std::string& did) { return ask(did).body.keys(); }
  /// Makes all rows older.
  void age(const std::string& interval) {
    must(connection.exec_script(
        "UPDATE did_documents SET looked_up_at = looked_up_at - interval '" + interval + "'"));
  }
  [[nodiscard]] static db::micros now() {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }

private:
  db::batch next() {
    auto batch = batch_of({});
    batch.last_seq = ++seq_;
    return batch;
  }
  void write(db::batch& batch) {
    batch.user_ids = must(db::intern_users(connection, batch.refs.dids()));
    must(db::apply_batch(connection, {}, batch));
  }

  std::int64_t seq_{0};
};

} // namespace

TEST_CASE("the identity of an account is given from the table once it was looked up") {
  accounts a;
  const auto wanted = a.wanted(alice);
  CHECK(wanted.did == alice);
  CHECK(wanted.account != 0);
  CHECK(wanted.place == 0);
  a.store(wanted, document("k1"));
  const auto got = a.ask(alice);
  REQUIRE(got.status == grpc_status::ok);
  CHECK_FALSE(got.wanted);
  CHECK(got.body.did() == alice);
  CHECK(got.body.handle() == "alice.test");
  CHECK(got.body.keys() == "k1");
  CHECK(got.body.services() == "{}");
  CHECK(got.body.updated().seconds() == wanted.asked_at / second);
}

TEST_CASE("the identity behind a confirmed handle is given, and that of no other") {
  accounts a;
  must(a.connection.exec_script("UPDATE users SET handle = 'alice.test'"));
  const auto ask = [&](const std::string& handle, const db::known_identity* found = nullptr) {
    bsky::GetIdentityByHandleRequest request;
    request.set_handle(handle);
    reads::session on(a.connection);
    dataplane::call call{.on = on, .now = accounts::now(), .identity = found};
    const auto answer =
        dataplane::find_method("GetIdentityByHandle")->run(call, request.SerializeAsString());
    bsky::GetIdentityByHandleResponse body;
    if (answer)
      REQUIRE(body.ParseFromString(*answer));
    return std::tuple{answer ? grpc_status::ok : answer.error().status, body,
                      std::move(call.wanted)};
  };
  CHECK(std::get<0>(ask("nobody.test")) == grpc_status::not_found);
  CHECK(std::get<0>(ask("")) == grpc_status::not_found);
  CHECK(std::get<0>(ask(std::string{"alice.test\0", 11})) == grpc_status::not_found);
  const auto [status, nothing, wanted] = ask("alice.test");
  CHECK(status == grpc_status::unavailable);
  REQUIRE(wanted);
  CHECK(wanted->did == alice);
  const db::known_identity found{document("k1"), accounts::now()};
  CHECK(std::get<1>(ask("alice.test", &found)).keys() == "k1");
  a.store(*wanted, document("k2"));
  const auto [stored_status, body, no_more] = ask("alice.test");
  CHECK(stored_status == grpc_status::ok);
  CHECK_FALSE(no_more);
  CHECK(body.did() == alice);
  CHECK(body.handle() == "alice.test");
  CHECK(body.keys() == "k2");
}

TEST_CASE("after an #identity event no call gets what was known before it") {
  accounts a;
  const auto before = a.wanted(alice);
  a.store(before, document("old"));
  a.identity(alice);
  const auto after = a.wanted(alice);
  CHECK(after.place > 0);
  // A lookup that was begun before the event ends after it.
  a.store(before, document("old"));
  CHECK(a.ask(alice).status == grpc_status::unavailable);
  a.store(after, document("new"));
  CHECK(a.key_of(alice) == "new");
  a.store(before, document("old"));
  CHECK(a.key_of(alice) == "new");
  // Other events change nothing.
  a.commit(alice);
  a.account(alice, true);
  CHECK(a.key_of(alice) == "new");
}

TEST_CASE("a task that nothing looks up any more leaves the row unusable") {
  accounts a;
  a.store(a.wanted(alice), document("old"));
  a.identity(alice);
  must(a.connection.exec_script("DELETE FROM identity_tasks")); // given up
  CHECK(a.ask(alice).status == grpc_status::unavailable);
}

TEST_CASE("a task's lookup is stored under the event that it is behind") {
  accounts a;
  a.identity(alice);
  const auto claim = [&] {
    return must(db::claim_identity_tasks(a.connection, a.writer.node, 10, 60s, {})).tasks;
  };
  const auto tasks = claim();
  REQUIRE(tasks.size() == 1);
  CHECK(tasks[0].identity_place == a.wanted(alice).place);
  using outcome = db::identity_result::task_outcome;
  must(db::store_identity_results(
      a.connection, {}, {{tasks[0], outcome::confirmed, "alice.test", {}}},
      {{{alice, tasks[0].user_id, tasks[0].identity_place, tasks[0].asked_at}, document("k")}}));
  CHECK(a.key_of(alice) == "k");
}

TEST_CASE("of two lookups after the same event the later begun one stays") {
  accounts a;
  const auto first = a.wanted(alice);
  auto second_one = first;
  second_one.asked_at += second;
  a.store(second_one, document("second"));
  a.store(first, document("first"));
  CHECK(a.key_of(alice) == "second");
  must(db::store_identity_results(a.connection, {}, {},
                                  {{second_one, document("third")}, {first, document("first")}}));
  CHECK(a.key_of(alice) == "third");
}

TEST_CASE("that there is no document is known for a minute, and ended by an event") {
  accounts a;
  a.store(a.wanted(alice), no_document());
  CHECK(a.ask(alice).status == grpc_status::not_found);
  CHECK_FALSE(a.ask(alice).wanted);
  a.age("61 seconds");
  const auto again = a.wanted(alice);
  a.store(again, no_document());
  REQUIRE(a.ask(alice).status == grpc_status::not_found);
  a.identity(alice);
  CHECK(a.ask(alice).status == grpc_status::unavailable);
}

TEST_CASE("an old identity is given and looked up again, a very old one only looked up") {
  accounts a;
  a.store(a.wanted(alice), document("k"));
  a.age("59 minutes");
  CHECK_FALSE(a.ask(alice).wanted);
  a.age("2 minutes");
  const auto got = a.ask(alice);
  CHECK(got.status == grpc_status::ok);
  CHECK(got.body.keys() == "k");
  REQUIRE(got.wanted);
  CHECK(got.wanted->did == alice);
  a.age("23 hours");
  CHECK(a.ask(alice).status == grpc_status::unavailable);
}

TEST_CASE("the second run of a call gives what was looked up, without asking the table") {
  accounts a;
  const db::known_identity found{document("k"), 5 * second};
  CHECK(a.ask(alice, &found).body.keys() == "k");
  CHECK(a.ask("did:web:feeds.test", &found).body.did() == "did:web:feeds.test");
  const db::known_identity none{no_document(), 5 * second};
  CHECK(a.ask(alice, &none).status == grpc_status::not_found);
}

TEST_CASE("nothing is stored for a DID that is no account") {
  accounts a;
  for (const auto& did : {bob, std::string{"did:web:feeds.test"}}) {
    const auto wanted = a.wanted(did);
    CHECK(wanted.account == 0);
    CHECK(wanted.asked_at > 0);
  }
  CHECK(a.count("users") == 1);
  // A user to whom others only refer.
  const auto id = must(db::intern_users(a.connection, {bob})).at(0);
  CHECK(a.wanted(bob).account == 0);
  a.store({bob, id, 0, 1}, document("k"));
  CHECK(a.count("did_documents") == 0);
}

TEST_CASE("what is no DID is not looked up") {
  accounts a;
  for (const auto* text : {"", "alice.test", "did:plc:", "did:web:a b"}) {
    const auto got = a.ask(text);
    CHECK(got.status == grpc_status::not_found);
    CHECK_FALSE(got.wanted);
  }
}

TEST_CASE("the row is deleted with the account, by an event or a confirmed task, for good") {
  accounts a;
  a.verify_deletions = GENERATE(false, true);
  const auto wanted = a.wanted(alice);
  a.store(wanted, document("k"));
  a.account(alice, false, "deleted");
  if (a.verify_deletions) {
    CHECK(a.count("did_documents") == 1); // not confirmed so far
    const auto tasks =
        must(db::claim_identity_tasks(a.connection, a.writer.node, 10, 60s, {})).tasks;
    const auto task =
        std::ranges::find(tasks, db::identity_kind::deletion, &db::identity_task::kind);
    REQUIRE(task != tasks.end());
    must(db::purge_confirmed(a.connection, {}, {*task, "test", 0, a.writer.node}));
  }
  CHECK(a.count("did_documents") == 0);
  a.store(wanted, document("k")); // a lookup that was under way
  CHECK(a.count("did_documents") == 0);
  CHECK(a.wanted(alice).account == 0);
  // It returns.
  a.account(alice, true);
  a.commit(alice);
  a.store(a.wanted(alice), document("k"));
  CHECK(a.key_of(alice) == "k");
}

TEST_CASE("a deletion before a newer event of the account leaves the row") {
  accounts a;
  a.store(a.wanted(alice), document("k"));
  a.account(alice, true);
  a.account(alice, false, "deleted", true);
  CHECK(a.key_of(alice) == "k");
}

TEST_CASE("a lookup of an account waits for a transaction that deletes it") {
  const auto database = test::pg_fixture::fresh_database();
  accounts a(database);
  const auto wanted = a.wanted(alice);
  auto other = test::connect_to(database);
  must(other.exec_script("BEGIN; UPDATE users SET status = 'deleted' WHERE did = '" + alice + "'"));
  const auto stored = db::store_identity_results(
      a.connection, {.deadline = 60s, .lock_timeout = 100ms, .retry = {.max_retries = 0}}, {},
      {{wanted, document("k")}});
  REQUIRE_FALSE(stored);
  CHECK(stored.error().sqlstate == "55P03");
  must(other.exec_script("COMMIT"));
  a.store(wanted, document("k"));
  CHECK(a.count("did_documents") == 0);
}
