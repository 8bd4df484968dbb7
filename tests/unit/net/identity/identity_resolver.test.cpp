#include "net/identity/identity_resolver.hpp"
#include "tests/unit/net/support/fetching.hpp"

#include <condition_variable>

using namespace prism;
using namespace prism::net;
using namespace prism::net::test;
using namespace std::chrono_literals;
using prism::test::web_server;

namespace {

using handle_status = handle_answer::handle_status;
using hosting_status = hosting_answer::hosting_status;
using request = web_server::request;
using connection = web_server::connection;

const std::string alice = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa";
const std::string bob = "did:plc:bbbbbbbbbbbbbbbbbbbbbbbb";

/// Documents, handles and repos of a small network on one web server, and a resolver that uses it.
struct world {
  explicit world(bool override = true)
      : server([this](const request& asked, connection& to) { serve(asked, to); }) {
    options.plc_url = url();
    if (override)
      options.handle_resolver_url = url();
    options.dns_servers = names.address();
    options.allow_private = true;
    options.timeout = patience;
    options.limits.rate = options.limits.burst = 10'000;
  }

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + server.port(); }

  void start() {
    auto started = identity_resolver::start(options);
    if (!started)
      FAIL(started.error().message);
    resolver = std::move(*started);
  }

  void set(const std::string& target, const std::string& body, int status = 200) {
    const std::scoped_lock lock(mutex);
    pages[target] = {status, body};
  }
  void set_document(const std::string& did, const std::string& handle) {
    set("/" + did, fmt::format(R"({{"id":"{0}","alsoKnownAs":["at://{1}"],"service":[{{"id":
        "#atproto_pds","type":"AtprotoPersonalDataServer","serviceEndpoint":"{2}"}}]}})",
                               did, handle, url()));
  }
  void set_handle(const std::string& handle, const std::string& did) {
    set("/xrpc/com.atproto.identity.resolveHandle?handle=" + handle,
        fmt::format(R"({{"did":"{}"}})", did));
  }
  void set_repo(const std::string& did, int status, const std::string& body) {
    set("/xrpc/com.atproto.sync.getLatestCommit?did=" + did, body, status);
  }

  void serve(const request& asked, connection& to) {
    std::unique_lock lock(mutex);
    ++asked_for[asked.target];
    const auto found = pages.find(asked.target);
    const auto page = found == pages.end() ? std::pair{404, std::string{"{}"}} : found->second;
    lock.unlock();
    if (page.first == 0)
      to.hang();
    else
      to.answer(page.first, page.second);
  }

  handle_answer handle_of(const std::string& did, bool bypass_cache = false) {
    std::promise<handle_answer> done;
    auto answer = done.get_future();
    resolver->check_handle(did, bypass_cache,
                           [&](handle_answer a) { done.set_value(std::move(a)); });
    return fetching::finish(std::move(answer));
  }
  document_answer document_of(const std::string& did) {
    std::promise<document_answer> done;
    auto answer = done.get_future();
    resolver->find_document(did, [&](document_answer a) { done.set_value(std::move(a)); });
    return fetching::finish(std::move(answer));
  }
  hosting_answer hosting_of(const std::string& did) {
    std::promise<hosting_answer> done;
    auto answer = done.get_future();
    resolver->check_hosting(did, [&](hosting_answer a) { done.set_value(std::move(a)); });
    return fetching::finish(std::move(answer));
  }
  int times(const std::string& target) {
    const std::scoped_lock lock(mutex);
    return asked_for[target];
  }

  std::mutex mutex;
  std::map<std::string, std::pair<int, std::string>> pages; // status 0: hangs
  std::map<std::string, int> asked_for;
  dns_server names;
  web_server server;
  identity_options options;
  std::unique_ptr<identity_resolver> resolver;
};

} // namespace

TEST_CASE("A handle is confirmed when both directions agree") {
  world w;
  w.set_document(alice, "Alice.Test");
  w.set_handle("alice.test", alice);
  w.start();
  const auto answer = w.handle_of(alice);
  CHECK(answer.what == handle_status::confirmed);
  CHECK(answer.handle == "alice.test");
}

TEST_CASE("A handle that does not resolve back is refuted") {
  world w;
  w.set_document(alice, "alice.test");
  w.start();
  CHECK(w.handle_of(alice).what == handle_status::refuted); // points nowhere
  w.set_handle("alice.test", bob);
  const auto answer = w.handle_of(alice);
  CHECK(answer.what == handle_status::refuted);
  CHECK_THAT(answer.why, Catch::Contains(bob));
  CHECK(answer.handle.empty());
}

TEST_CASE("A DID without usable document has no handle") {
  world w;
  w.start();
  const auto page = "/" + alice;
  CHECK(w.handle_of(alice).what == handle_status::refuted); // 404
  w.set(page, "{}", 410);
  CHECK(w.handle_of(alice).what == handle_status::refuted);
  w.set(page, R"({"id":")" + bob + R"("})");
  CHECK(w.handle_of(alice).what == handle_status::refuted);
  w.set(page, R"({"id":")" + alice + R"("})");
  CHECK(w.handle_of(alice).what == handle_status::refuted);
  CHECK(w.handle_of("did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK").what ==
        handle_status::refuted);
}

TEST_CASE("A response that is not a document leaves the handle unknown") {
  world w;
  w.options.limits.circuit.failures = 1'000;
  w.set_document(alice, "alice.test");
  w.set_handle("alice.test", alice);
  w.start();
  REQUIRE(w.handle_of(alice).what == handle_status::confirmed);
  const auto page = "/" + alice;
  for (const auto& body :
       {std::string{"<html>"}, std::string{}, std::string{"{}"}, std::string(300'000, ' ')}) {
    w.set(page, body);
    CHECK(w.handle_of(alice, true).what == handle_status::unknown);
  }
}

TEST_CASE("A failed resolution leaves the handle unknown") {
  world w;
  w.options.limits.circuit.failures = 1'000;
  w.set_document(alice, "alice.test");
  w.start();
  w.set("/xrpc/com.atproto.identity.resolveHandle?handle=alice.test", "oops", 500);
  CHECK(w.handle_of(alice).what == handle_status::unknown);
  w.set("/xrpc/com.atproto.identity.resolveHandle?handle=alice.test", "slow down", 429);
  CHECK(w.handle_of(alice).what == handle_status::unknown);
  w.set("/" + alice, "oops", 502);
  CHECK(w.handle_of(alice, true).what == handle_status::unknown);
  w.set("/" + alice, "moved", 302);
  CHECK(w.handle_of(alice, true).what == handle_status::unknown);
}

TEST_CASE("Answers are cached unless the cache is bypassed") {
  world w;
  w.set_document(alice, "alice.test");
  w.set_handle("alice.test", alice);
  w.start();
  for (int i = 0; i < 3; ++i)
    REQUIRE(w.handle_of(alice).what == handle_status::confirmed);
  CHECK(w.times("/" + alice) == 1);
  w.set_document(alice, "new.test");
  w.set_handle("new.test", alice);
  CHECK(w.handle_of(alice).handle == "alice.test");
  CHECK(w.handle_of(alice, true).handle == "new.test");
  CHECK(w.handle_of(alice).handle == "new.test");
  CHECK(w.times("/" + alice) == 2);
  const auto stats = w.resolver->stats();
  CHECK(stats.documents.hits == 4);
  CHECK(stats.documents.entries == 1);
  CHECK(stats.handles.entries == 2);
}

TEST_CASE("The caches are bounded") {
  world w;
  w.options.cached_documents = 3;
  w.options.cached_handles = 2;
  w.start();
  for (char c = 'a'; c < 'g'; ++c) {
    const auto did = "did:plc:" + std::string(24, c);
    w.set_document(did, std::string(1, c) + ".test");
    w.set_handle(std::string(1, c) + ".test", did);
    REQUIRE(w.handle_of(did).what == handle_status::confirmed);
  }
  const auto stats = w.resolver->stats();
  CHECK(stats.documents.entries == 3);
  CHECK(stats.documents.evictions == 3);
  CHECK(stats.handles.entries == 2);
  CHECK(stats.handles.evictions == 4);
}

TEST_CASE("DNS confirms a handle and takes precedence over the web server") {
  world w{false};
  w.set_document(alice, "alice.test");
  w.names.add_txt("_atproto.alice.test", {"did=" + alice});
  w.start();
  CHECK(w.handle_of(alice).what == handle_status::confirmed);
  w.names.clear("_atproto.alice.test");
  w.names.add_txt("_atproto.alice.test", {"did=" + bob});
  CHECK(w.handle_of(alice, true).what == handle_status::refuted);
  w.names.add_txt("_atproto.alice.test", {"did=" + alice});
  CHECK(w.handle_of(alice, true).what == handle_status::refuted); // contradictory
}

TEST_CASE("A handle without DNS record and host is refuted; with silent DNS it is unknown") {
  world w{false};
  w.set_document(alice, "alice.test");
  w.start();
  CHECK(w.handle_of(alice).what == handle_status::refuted);
  w.names.set_mood("_atproto.alice.test", dns_server::mood::fail);
  CHECK(w.handle_of(alice, true).what == handle_status::unknown);
}

TEST_CASE("A host that does not answer leaves the handle unknown") {
  world w{false};
  w.set_document(alice, "alice.test");
  w.names.add_address("alice.test", "127.0.0.77"); // nobody listens there
  w.start();
  CHECK(w.handle_of(alice).what == handle_status::unknown);
}

TEST_CASE("did:web of localhost is resolved where private addresses are allowed") {
  world w;
  const std::string did = "did:web:localhost%3A" + w.server.port();
  w.set("/.well-known/did.json", R"({"id":")" + did + R"(","alsoKnownAs":["at://w.test"]})");
  w.set_handle("w.test", did);
  w.start();
  CHECK(w.handle_of(did).what == handle_status::confirmed);
}

TEST_CASE("The PDS reports whether it has a repo") {
  world w;
  w.options.limits.circuit.failures = 1'000;
  w.set_document(alice, "alice.test");
  w.start();
  w.set_repo(alice, 200, R"({"cid":"x","rev":"y"})");
  CHECK(w.hosting_of(alice).what == hosting_status::hosted);
  w.set_repo(alice, 400, R"({"error":"RepoTakendown"})");
  CHECK(w.hosting_of(alice).what == hosting_status::hosted);
  w.set_repo(alice, 400, R"({"error":"RepoNotFound","message":"x"})");
  CHECK(w.hosting_of(alice).what == hosting_status::gone);
  w.set_repo(alice, 400, R"({"error":"InvalidRequest"})");
  CHECK(w.hosting_of(alice).what == hosting_status::unknown);
  w.set_repo(alice, 502, "");
  CHECK(w.hosting_of(alice).what == hosting_status::unknown);
  w.set("/" + alice, R"({"id":")" + alice + R"("})");
  CHECK(w.hosting_of(alice).what == hosting_status::gone); // no PDS
  w.set("/" + alice, "", 404);
  CHECK(w.hosting_of(alice).what == hosting_status::gone); // no document
  w.set("/" + alice, "", 503);
  CHECK(w.hosting_of(alice).what == hosting_status::unknown);
}

TEST_CASE("Lookups in flight end when the resolver is stopped") {
  world w;
  w.set("/" + alice, "", 0);
  w.start();
  std::promise<handle_answer> done;
  auto answer = done.get_future();
  w.resolver->check_handle(alice, false, [&](handle_answer a) { done.set_value(std::move(a)); });
  REQUIRE(eventually([&] { return w.server.open() == 1; }));
  w.resolver->stop();
  CHECK(fetching::finish(std::move(answer)).what == handle_status::unknown);
}

TEST_CASE("What a document publishes is found, or that there is none, or neither") {
  world w;
  w.options.limits.circuit.failures = 1'000;
  w.set_document(alice, "Alice.test");
  w.start();
  const auto answer = w.document_of(alice);
  REQUIRE(answer.document);
  CHECK(answer.document->exists);
  CHECK(answer.document->handle == "Alice.test");
  CHECK(answer.document->keys == "{}");
  CHECK(answer.document->services ==
        R"({"atproto_pds":{"Type":"AtprotoPersonalDataServer","URL":")" + w.url() + R"("}})");
  for (const auto& absent :
       {bob, std::string{"did:key:z6Mk"}, std::string{"did:web:nowhere.test"}}) {
    const auto none = w.document_of(absent);
    REQUIRE(none.document);
    CHECK_FALSE(none.document->exists);
    CHECK_FALSE(none.why.empty());
  }
  CHECK(w.handle_of("did:web:nowhere.test").what == handle_status::unknown);
  w.set("/" + alice, R"({"id":")" + bob + R"("})"); // of somebody else
  REQUIRE(w.document_of(alice).document);
  CHECK_FALSE(w.document_of(alice).document->exists);
  for (const auto& [status, body] :
       {std::pair{500, "oops"}, std::pair{200, "<html>"}, std::pair{302, "moved"}}) {
    w.set("/" + alice, body, status);
    const auto unknown = w.document_of(alice);
    CHECK_FALSE(unknown.document);
    CHECK_FALSE(unknown.held_back);
    CHECK_FALSE(unknown.why.empty());
  }
}

TEST_CASE("A handle check gives the document that it fetched, and none from a cache") {
  world w;
  w.options.limits.circuit.failures = 1'000;
  w.set_document(alice, "alice.test"); // the handle does not point back
  w.start();
  const auto first = w.handle_of(alice);
  REQUIRE(first.document);
  CHECK(first.document->handle == "alice.test");
  CHECK_FALSE(w.handle_of(alice).document);
  CHECK(w.handle_of(alice, true).document);
  w.set("/" + alice, "gone", 410);
  const auto gone = w.handle_of(alice, true);
  REQUIRE(gone.document);
  CHECK_FALSE(gone.document->exists);
  w.set("/" + alice, "oops", 500);
  CHECK_FALSE(w.handle_of(alice, true).document);
}
