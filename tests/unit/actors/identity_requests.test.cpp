#include "actors/identity_requests.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace prism;
using namespace std::chrono_literals;

namespace {

using waiters = std::vector<identity_requests::waiter>;

const time_point start = time_point{} + 1'000h;

[[nodiscard]] db::wanted_identity account(const std::string& did, db::stream_place place = 0) {
  return {did, 7, place, 1};
}
[[nodiscard]] db::wanted_identity other(const std::string& did) {
  return {did, 0, 0, 1};
}

[[nodiscard]] identity_requests::result found(std::size_t bytes = 2) {
  auto published = std::make_shared<atproto::published_identity>();
  published->exists = true;
  published->keys.assign(bytes, 'x');
  return {std::make_shared<const db::known_identity>(db::known_identity{published, 1}), false, {}};
}
[[nodiscard]] identity_requests::result absent() {
  return {std::make_shared<const db::known_identity>(
              db::known_identity{std::make_shared<const atproto::published_identity>(), 1}),
          false,
          {}};
}
[[nodiscard]] identity_requests::result failed() {
  return {nullptr, false, "no answer"};
}

[[nodiscard]] bool waits(const identity_requests::decision& of) {
  return !of.found && of.refused.empty();
}
[[nodiscard]] bool refused(const identity_requests::decision& of) {
  return !of.found && !of.refused.empty() && !of.look_up;
}

const std::string alice = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa";

} // namespace

TEST_CASE("one lookup serves all calls for a DID") {
  identity_requests requests({}, start);
  const auto first = requests.ask(account(alice), 1, start);
  CHECK(waits(first));
  CHECK(first.look_up);
  const auto second = requests.ask(account(alice), 2, start);
  CHECK(waits(second));
  CHECK_FALSE(second.look_up);
  CHECK(requests.in_flight() == 1);
  CHECK(requests.waiting() == 2);
  const auto answer = found();
  CHECK(requests.finish(account(alice), answer, start) == waiters{1, 2});
  CHECK(requests.in_flight() == 0);
  CHECK(requests.waiting() == 0);
  const auto third = requests.ask(account(alice), 3, start);
  CHECK(third.found == answer.found);
  CHECK_FALSE(third.look_up);
}

TEST_CASE("after an #identity event neither memory nor a lookup of before it serves") {
  identity_requests requests({}, start);
  static_cast<void>(requests.ask(account(alice), 1, start));
  static_cast<void>(requests.finish(account(alice), found(), start));
  CHECK(requests.ask(account(alice, 5), 2, start).look_up);
  CHECK(requests.ask(account(alice, 6), 3, start).look_up); // another event meanwhile
  const auto newest = found();
  CHECK(requests.finish(account(alice, 6), newest, start) == waiters{3});
  CHECK(requests.finish(account(alice, 5), found(), start) == waiters{2});
  CHECK(requests.ask(account(alice, 6), 4, start).found == newest.found);
  static_cast<void>(requests.ask(account(alice, 7), 5, start));
  static_cast<void>(requests.finish(account(alice, 7), failed(), start));
  CHECK(refused(requests.ask(account(alice, 7), 6, start)));
  CHECK(requests.ask(account(alice, 8), 7, start).look_up);
}

TEST_CASE("an old answer is given while it is looked up again, a very old one is not") {
  identity_requests requests({}, start);
  const auto did = other("did:web:a.test");
  static_cast<void>(requests.ask(did, 1, start));
  static_cast<void>(requests.finish(did, found(), start));
  CHECK_FALSE(requests.ask(did, 2, start + 59min).look_up);
  const auto old = requests.ask(did, 3, start + 61min);
  CHECK(old.found);
  CHECK(old.look_up);
  CHECK_FALSE(requests.ask(did, 4, start + 61min).look_up); // under way
  CHECK(requests.ask(did, 4, start + 61min).found);
  CHECK(requests.finish(did, failed(), start + 61min).empty());
  const auto again = requests.ask(did, 5, start + 62min);
  CHECK(again.found);
  CHECK(again.look_up);
  static_cast<void>(requests.finish(did, failed(), start + 62min));
  CHECK(waits(requests.ask(did, 6, start + 25h)));
}

TEST_CASE("a call that has an old answer begins a lookup and does not wait") {
  identity_requests::limits limits;
  limits.waiting = 1;
  identity_requests requests(limits, start);
  CHECK(requests.ask(account(alice), std::nullopt, start).look_up);
  CHECK_FALSE(requests.ask(account(alice), std::nullopt, start).look_up);
  CHECK(requests.waiting() == 0);
  CHECK(waits(requests.ask(account(alice), 1, start)));
  CHECK(requests.finish(account(alice), found(), start) == waiters{1});
  CHECK_FALSE(requests.ask(account(alice), std::nullopt, start).look_up);
}

TEST_CASE("that there is no document is remembered for a minute, a failure for seconds") {
  identity_requests requests({}, start);
  const auto did = other("did:web:a.test");
  static_cast<void>(requests.ask(did, 1, start));
  static_cast<void>(requests.finish(did, absent(), start));
  const auto known = requests.ask(did, 2, start + 59s);
  REQUIRE(known.found);
  CHECK_FALSE(known.found->published->exists);
  CHECK(requests.ask(did, 3, start + 61s).look_up);
  CHECK(requests.finish(did, failed(), start + 61s) == waiters{3});
  CHECK(requests.ask(did, 4, start + 65s).refused == "no answer");
  CHECK(requests.ask(did, 5, start + 67s).look_up);
  // Held back to spare a host: nothing was asked, so the next call may.
  static_cast<void>(requests.finish(did, {nullptr, true, "busy"}, start + 67s));
  CHECK(requests.ask(did, 6, start + 67s).look_up);
}

TEST_CASE("the rate of DIDs that are no accounts is limited, that of accounts is not") {
  identity_requests::limits limits;
  limits.others_per_second = 10;
  limits.burst = 5;
  identity_requests requests(limits, start);
  const auto ask = [&](int i, time_point now) {
    const auto did = other(fmt::format("did:web:h{}.test", i));
    const auto decided = requests.ask(did, 1, now);
    if (decided.look_up)
      static_cast<void>(requests.finish(did, absent(), now));
    return decided.look_up;
  };
  for (int i = 0; i < 5; ++i)
    CHECK(ask(i, start));
  CHECK_FALSE(ask(5, start));
  CHECK(ask(0, start) == false); // remembered, which costs nothing
  CHECK(requests.ask(account(alice), 2, start).look_up);
  // An account whose document is on a server of its own is a stranger here.
  CHECK(refused(requests.ask(account("did:web:alice.test"), 3, start)));
  CHECK(ask(5, start + 100ms));
  CHECK_FALSE(ask(6, start + 100ms));
}

TEST_CASE("lookups under way are bounded, for accounts and others apart") {
  identity_requests::limits limits;
  limits.accounts = 2;
  limits.others = 3;
  identity_requests requests(limits, start);
  const auto begin = [&](const db::wanted_identity& what) {
    return requests.ask(what, 1, start).look_up;
  };
  for (int i = 0; i < 3; ++i)
    CHECK(begin(other(fmt::format("did:web:h{}.test", i))));
  CHECK_FALSE(begin(other("did:web:h9.test")));
  CHECK(begin(account("did:plc:1")));
  CHECK(begin(account("did:plc:2")));
  CHECK_FALSE(begin(account("did:plc:3")));
  static_cast<void>(requests.finish(account("did:plc:1"), failed(), start));
  CHECK(begin(account("did:plc:3")));
  CHECK_FALSE(begin(other("did:web:h9.test")));
  static_cast<void>(requests.finish(other("did:web:h0.test"), absent(), start));
  CHECK(begin(other("did:web:h9.test")));
}

TEST_CASE("calls that wait are bounded and wait a bounded time") {
  identity_requests::limits limits;
  limits.waiting = 3;
  identity_requests requests(limits, start);
  for (identity_requests::waiter i = 0; i < 3; ++i)
    CHECK(waits(requests.ask(account(alice), i, start + i * 1s)));
  CHECK(refused(requests.ask(account(alice), 9, start + 2s)));
  CHECK(requests.expire(start + 2'999ms).empty());
  CHECK(requests.expire(start + 4s) == waiters{0, 1});
  CHECK(requests.in_flight() == 1); // goes on
  CHECK(waits(requests.ask(account(alice), 10, start + 4s)));
  CHECK(requests.finish(account(alice), found(), start + 4s) == waiters{2, 10});
  CHECK(requests.waiting() == 0);
}

TEST_CASE("what is remembered is bounded by number and by bytes") {
  identity_requests::limits limits;
  limits.remembered = 4;
  limits.bytes = 10'000;
  limits.burst = 1'000;
  identity_requests requests(limits, start);
  const auto learn = [&](int i, const identity_requests::result& what) {
    static_cast<void>(requests.finish(other(fmt::format("did:web:h{}.test", i)), what, start));
  };
  for (int i = 0; i < 10; ++i)
    learn(i, found());
  CHECK(requests.remembered() == 4);
  for (int i = 0; i < 10; ++i)
    learn(i, found(3'000));
  CHECK(requests.remembered() == 3);
  learn(0, found(9'000));
  CHECK(requests.remembered() == 1);
  learn(0, found(10)); // the bytes of the old one are free again
  learn(1, found(3'000));
  learn(2, found(3'000));
  CHECK(requests.remembered() == 3);
  for (int i = 10; i < 30; ++i)
    learn(i, failed());
  CHECK(requests.remembered() == 7);
}
