// What a running node does for calls that lack an identity.

#include "actors/node/node.hpp"
#include "actors/identity_requests.hpp"
#include "db/index/users.hpp"
#include "db/reads/identities.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tests/support/web_server.hpp"
#include "tools/replay/corpus_file.hpp"
#include "tools/replay/replay_server.hpp"

#include <catch2/catch.hpp>
#include <future>
#include <mutex>

using namespace prism;
using namespace std::chrono_literals;
using test::must;
using test::web_server;

namespace {

constexpr auto patience = 120s;
const std::string alice = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa";
const std::string bob = "did:plc:bbbbbbbbbbbbbbbbbbbbbbbb";

/// A PLC directory in which each DID has one key, and a host of a did:web.
struct directory {
  void set(const std::string& did, const std::string& key) {
    const std::scoped_lock lock(mutex_);
    keys_[did] = key;
  }
  /// Answers nothing until `go_on`.
  void hang() {
    const std::scoped_lock lock(mutex_);
    hangs_ = true;
  }
  void go_on() {
    const std::scoped_lock lock(mutex_);
    hangs_ = false;
  }
  [[nodiscard]] int requests(const std::string& did) {
    const std::scoped_lock lock(mutex_);
    return requests_[did];
  }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + server_.port(); }
  [[nodiscard]] std::string web_did() const { return "did:web:localhost%3A" + server_.port(); }

private:
  void serve(const web_server::request& asked, web_server::connection& to) {
    const auto did =
        asked.target == "/.well-known/did.json" ? web_did() : std::string{asked.target.substr(1)};
    std::unique_lock lock(mutex_);
    ++requests_[did];
    const auto found = keys_.find(did);
    const auto key = found == keys_.end() ? std::string{} : found->second;
    const bool hangs = hangs_;
    lock.unlock();
    if (hangs)
      return to.hang();
    if (key.empty())
      return static_cast<void>(to.answer(404, ""));
    to.answer(200, fmt::format(R"({{"id":"{0}","verificationMethod":[{{"id":"{0}#atproto",
                                   "type":"Multikey","controller":"{0}",
                                   "publicKeyMultibase":"{1}"}}]}})",
                               did, key));
  }

  std::mutex mutex_;
  std::map<std::string, std::string> keys_;
  std::map<std::string, int> requests_;
  bool hangs_{false};
  web_server server_{[this](const auto& asked, auto& to) { serve(asked, to); }};
};

/// A node without a stream, and calls as a reader makes them.
struct world {
  explicit world(config::options changed = {}) {
    auto options = std::move(changed);
    options.relay_url = relay->url();
    options.database_url = database;
    options.metrics_listen = "";
    options.plc_url = options.handle_resolver_url = plc.url();
    options.allow_private_addresses = true;
    auto started = node::start(std::move(options), [] { return false; });
    if (!started)
      FAIL(started.error().message);
    running = std::move(*started);
    on.emplace(test::connect_to(database));
    REQUIRE(eventually([&] { return context().actors.find(names::identity) != nullptr; }));
  }

  [[nodiscard]] node_context& context() const { return running->context(); }

  template <class Condition>
  [[nodiscard]] static bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline)
        return false;
      std::this_thread::sleep_for(5ms);
    }
    return true;
  }

  [[nodiscard]] std::string one(const std::string& query) {
    return std::string{must(on->exec("SELECT (" + query + ")::text")).get_text(0, 0)};
  }
  /// Makes it an account of the stream.
  void add_account(const std::string& did) {
    must(db::intern_users(*on, {did}));
    must(on->exec_script("UPDATE users SET indexed_at = now() WHERE did = '" + did + "'"));
  }
  /// As a batch does it for an #identity event, but that nobody looks it up.
  void identity_event(const std::string& did) {
    must(on->exec_script("UPDATE users SET identity_place = coalesce(identity_place, 0) + 256 "
                         "WHERE did = '" +
                         did + "'"));
  }
  [[nodiscard]] db::wanted_identity wanted(const std::string& did) {
    return must(reads::read_identity(*on, did)).wanted;
  }

  /// Asks identity. Any thread.
  [[nodiscard]] identity_resolved resolve(const db::wanted_identity& what,
                                          bool waits = true) const {
    caf::scoped_actor self{running->system()};
    identity_resolved out;
    self->request(context().actors.find(names::identity), 30s,
                  resolve_identity{std::make_shared<const db::wanted_identity>(what), waits})
        .receive([&](const identity_resolved& answer) { out = answer; },
                 [&](const caf::error& problem) {
                   out.why = "error: " + describe(running->system(), problem);
                 });
    return out;
  }
  [[nodiscard]] std::string key_by_identity(const std::string& did) {
    const auto found = resolve(wanted(did));
    return found.what ? found.what->published->keys : found.why;
  }
  /// What the table gives at once; empty: nothing.
  [[nodiscard]] std::string key_by_table(const std::string& did) {
    const auto reading = must(reads::read_identity(*on, did));
    return reading.known ? reading.known->published->keys : "";
  }
  [[nodiscard]] static std::string keys(const std::string& key) {
    return R"({"atproto":{"Type":"Multikey","PublicKeyMultibase":")" + key + R"("}})";
  }
  [[nodiscard]] double demands(const char* result) const {
    return context().metrics.identity().demands.of(result).Value();
  }

  std::string database = test::pg_fixture::fresh_database();
  std::unique_ptr<net::replay_server> relay = net::replay_server::start({}, {}).value();
  directory plc;
  std::unique_ptr<node> running;
  std::optional<db::connection> on;
};

} // namespace

TEST_CASE("the identity of an account is looked up once, stored, and right after its move") {
  world w;
  w.add_account(alice);
  w.plc.set(alice, "old");
  CHECK(w.key_by_table(alice).empty());
  CHECK(w.key_by_identity(alice) == world::keys("old"));
  CHECK(world::eventually([&] { return w.key_by_table(alice) == world::keys("old"); }));
  CHECK(w.key_by_identity(alice) == world::keys("old")); // from memory
  CHECK(w.plc.requests(alice) == 1);
  w.plc.set(alice, "new");
  w.identity_event(alice);
  CHECK(w.key_by_table(alice).empty());
  CHECK(w.key_by_identity(alice) == world::keys("new"));
  CHECK(w.plc.requests(alice) == 2);
  CHECK(world::eventually([&] { return w.key_by_table(alice) == world::keys("new"); }));
  CHECK(w.demands("found") == 2);
  CHECK(w.demands("remembered") == 1);
}

TEST_CASE("while the directory is away, nothing of before an #identity event is believed") {
  world w;
  w.add_account(alice);
  w.plc.set(alice, "old");
  CHECK(w.key_by_identity(alice) == world::keys("old"));
  w.plc.hang();
  w.identity_event(alice);
  const auto begin = std::chrono::steady_clock::now();
  CHECK_FALSE(w.resolve(w.wanted(alice)).what);
  CHECK(std::chrono::steady_clock::now() - begin < 10s); // and not 30
  CHECK(w.key_by_table(alice).empty());
  CHECK(w.demands("expired") + w.demands("failed") == 1);
}

TEST_CASE("an old identity is looked up again without waiting") {
  world w;
  w.add_account(alice);
  w.plc.set(alice, "old");
  CHECK(w.key_by_identity(alice) == world::keys("old"));
  CHECK(world::eventually([&] { return w.key_by_table(alice) == world::keys("old"); }));
  // As another process finds it later.
  w.plc.set(bob, "new");
  w.add_account(bob);
  must(w.on->exec_script("UPDATE did_documents SET user_id = (SELECT id FROM users WHERE did = '" +
                         bob + "'), looked_up_at = looked_up_at - interval '2 hours'"));
  CHECK(w.key_by_table(bob) == world::keys("old"));
  CHECK_FALSE(w.resolve(w.wanted(bob), false).what);
  CHECK(world::eventually([&] { return w.key_by_table(bob) == world::keys("new"); }));
  CHECK(w.demands("refreshed") == 1);
}

TEST_CASE("calls for one DID share one lookup") {
  world w;
  w.add_account(alice);
  w.plc.set(alice, "k");
  const auto what = w.wanted(alice);
  std::vector<std::future<identity_resolved>> calls;
  for (int i = 0; i < 20; ++i)
    calls.push_back(std::async(std::launch::async, [&] { return w.resolve(what); }));
  for (auto& call : calls) {
    const auto got = call.get();
    REQUIRE(got.what);
    CHECK(got.what->published->keys == world::keys("k"));
  }
  CHECK(w.plc.requests(alice) == 1);
}

TEST_CASE("other DIDs are looked up, but enter no table") {
  world w;
  w.plc.set(bob, "b");
  w.plc.set(w.plc.web_did(), "w");
  for (int i = 0; i < 2; ++i) {
    CHECK(w.key_by_identity(bob) == world::keys("b"));
    CHECK(w.key_by_identity(w.plc.web_did()) == world::keys("w"));
    const auto none = w.resolve(w.wanted(alice));
    REQUIRE(none.what);
    CHECK_FALSE(none.what->published->exists);
  }
  for (const auto& did : {bob, w.plc.web_did(), alice})
    CHECK(w.plc.requests(did) == 1);
  CHECK(w.one("SELECT count(*) FROM users") == "0");
  CHECK(w.one("SELECT count(*) FROM did_documents") == "0");
  CHECK(w.one("SELECT count(*) FROM identity_tasks") == "0");
  // One that becomes an account is looked up again after its first #identity event.
  w.add_account(bob);
  w.plc.set(bob, "b2");
  w.identity_event(bob);
  CHECK(w.key_by_identity(bob) == world::keys("b2"));
}

TEST_CASE("a stranger who makes up DIDs does not hold up accounts, nor hammer the directory") {
  world w;
  w.add_account(alice);
  w.plc.set(alice, "k");
  int refused = 0;
  constexpr int made_up = 600;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < made_up; ++i)
    if (!w.resolve({fmt::format("did:plc:{:024}", i), 0, 0, 1}).what)
      ++refused;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const identity_requests::limits limits;
  CHECK(made_up - refused <= limits.burst + limits.others_per_second * took.count() + 1);
  CHECK(w.key_by_identity(alice) == world::keys("k"));
  CHECK(w.demands("refused") == refused);
  CHECK(w.one("SELECT count(*) FROM users") == "1");
}

TEST_CASE("without lookups, or while they are paused, a call is told so") {
  SECTION("off") {
    config::options options;
    options.identity_lookups = false;
    world w(options);
    CHECK(w.key_by_identity(alice) == "identity-lookups is off");
  }
  SECTION("paused") {
    world w;
    w.context().paused.add({"identity", steady_clock::now() + 1h, "test", "test"});
    CHECK_FALSE(w.resolve(w.wanted(alice)).what);
  }
}

TEST_CASE("identity answers the calls that wait when it ends") {
  world w;
  w.add_account(alice);
  w.plc.hang();
  const auto what = w.wanted(alice);
  auto waiting = std::async(std::launch::async, [&] { return w.resolve(what); });
  REQUIRE(world::eventually([&] { return w.plc.requests(alice) == 1; }));
  SECTION("with the node") {
    CHECK(w.running->stop());
  }
  SECTION("killed") {
    caf::anon_send_exit(caf::actor_cast<caf::actor>(w.context().actors.find(names::identity)),
                        caf::exit_reason::kill);
  }
  const auto got = waiting.get();
  CHECK_FALSE(got.what);
  CHECK_FALSE(got.why.empty());
}

TEST_CASE("what the lookups of handles find is stored for every account") {
  const std::string sample = PRISM_SOURCE_DIR "/sample/small";
  net::replay_options recorded;
  recorded.directory = net::replay_directory::load(sample).value();
  const auto network =
      net::replay_server::start(net::read_corpus(sample + ".frames.zst").value(), recorded).value();
  const auto database = test::pg_fixture::fresh_database();
  config::options options;
  options.relay_url = network->url();
  options.database_url = database;
  options.start_cursor = 0;
  options.metrics_listen = "";
  options.until_caught_up = 2s;
  options.plc_url = options.handle_resolver_url =
      "http://127.0.0.1:" + std::to_string(network->port());
  options.allow_private_addresses = true;
  options.identity_host_rate = 1'000;
  options.identity_timeout = 60s;
  auto running = node::start(std::move(options), [] { return false; });
  REQUIRE(running);
  REQUIRE((*running)->context().status.wait(patience));
  CHECK((*running)->stop());
  auto on = test::connect_to(database);
  const auto one = [&](const std::string& query) {
    return std::string{must(on.exec("SELECT (" + query + ")::text")).get_text(0, 0)};
  };
  CHECK(one("SELECT count(*) FROM users WHERE indexed_at IS NOT NULL") == "57");
  CHECK(one("SELECT count(*) FROM did_documents") == "57");
  // Each is good, and has what the document has.
  const auto accounts = must(on.exec("SELECT did FROM users WHERE indexed_at IS NOT NULL"));
  std::size_t with_key = 0;
  for (std::size_t i = 0; i < accounts.rows(); ++i) {
    const auto reading = must(reads::read_identity(on, std::string{accounts.get_text(i, 0)}));
    REQUIRE(reading.known);
    CHECK(reading.wanted.account != 0);
    with_key += reading.known->published->keys.find(R"("atproto":)") != std::string::npos;
  }
  CHECK(with_key >= 51);
}
