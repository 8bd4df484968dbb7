// Cursors as the server handles them, and rejected options.

#include "tests/unit/net/support/client.hpp"
#include "tests/unit/net/support/relay.hpp"
#include "tools/replay/event_frames.hpp"

#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>
#include <sys/wait.h>

using namespace prism::net;
using namespace prism::net::test;
using std::chrono::milliseconds;

TEST_CASE("a cursor inside the window gets the frames after it") {
  const auto frames = make_corpus(20);
  const auto relay = start_relay(frames, {.window = 10});
  client consumer(quick_options(relay->url()), {.first_cursor = 10});
  REQUIRE(consumer.wait_for_count(10));
  CHECK(consumer.frames() == contents({frames.begin() + 10, frames.end()}));
}

TEST_CASE("a cursor before the window gets OutdatedCursor and then the window") {
  const auto frames = make_corpus(20);
  const auto relay = start_relay(frames, {.window = 10});
  client consumer(quick_options(relay->url()), {.first_cursor = 9});
  REQUIRE(consumer.wait_for_count(11));
  auto expected = contents({frames.begin() + 10, frames.end()});
  expected.insert(expected.begin(),
                  make_info_frame("OutdatedCursor", "Requested cursor exceeded limit."));
  CHECK(consumer.frames() == expected);
}

TEST_CASE("cursor 0 and no cursor get the window without an info frame") {
  const auto frames = make_corpus(20);
  const auto relay = start_relay(frames, {.window = 10});
  client zero(quick_options(relay->url()), {.first_cursor = 0});
  client none(quick_options(relay->url()));
  REQUIRE(zero.wait_for_count(10));
  REQUIRE(none.wait_for_count(10));
  CHECK(zero.frames() == contents({frames.begin() + 10, frames.end()}));
  CHECK(none.frames() == zero.frames());
}

TEST_CASE("a cursor at the end gets nothing and one beyond it FutureCursor and a close") {
  const auto relay = start_relay(make_corpus(20));
  client at_end(quick_options(relay->url()), {.first_cursor = 20});
  client behind(quick_options(relay->url()), {.first_cursor = 21});
  REQUIRE(behind.wait_for_count(2)); // once per attempt
  CHECK(behind.frames().front() == make_error_frame("FutureCursor", "Cursor in the future."));
  CHECK(behind.source->stats().ended(disconnect_reason::closed) >= 1);
  REQUIRE(eventually([&] { return at_end.source->stats().connected; }));
  CHECK(at_end.count() == 0);
}

TEST_CASE("a cursor that is not a number is rejected with 400") {
  const auto relay = start_relay({});
  for (const auto* query : {"cursor=x", "cursor=", "cursor=-1", "cursor=99999999999999999999"}) {
    client consumer(quick_options(relay->url() + "?" + query));
    REQUIRE(consumer.wait_for_end(disconnect_reason::upgrade_refused));
    CHECK_THAT(consumer.text_of(disconnect_reason::upgrade_refused), Catch::Contains("400"));
  }
}

TEST_CASE("several clients are served at once, each from its own cursor") {
  const auto frames = make_corpus(500);
  const auto relay = start_relay(frames);
  client first(quick_options(relay->url()));
  client second(quick_options(relay->url()), {.first_cursor = 100});
  client slow(quick_options(relay->url()), {.credit = 1});
  REQUIRE(first.wait_for_count(500));
  REQUIRE(second.wait_for_count(400));
  REQUIRE(slow.wait_for_count(1));
  CHECK(first.frames() == contents(frames));
  CHECK(slow.count() == 1);
  CHECK(relay->stats().connections == 3);
}

TEST_CASE("the rate limits the frames per second") {
  const auto relay = start_relay(make_corpus(50), {.rate = 100});
  const auto begin = std::chrono::steady_clock::now();
  client consumer(quick_options(relay->url()));
  REQUIRE(consumer.wait_for_count(50));
  // Lower bound only: 49 gaps of 10 ms must have passed.
  CHECK(std::chrono::steady_clock::now() - begin >= milliseconds{490});
}

TEST_CASE("what was due before a client came is sent at once") {
  const auto begin = std::chrono::steady_clock::now();
  const auto relay = start_relay(make_corpus(50), {.rate = 100, .since = begin});
  client first(quick_options(relay->url()));
  REQUIRE(first.wait_for_count(50));
  CHECK(std::chrono::steady_clock::now() - begin >= milliseconds{490});
  // At one frame per second 50 would take longer than the test waits.
  const auto old =
      start_relay(make_corpus(50), {.rate = 1, .since = begin - std::chrono::minutes{2}});
  client second(quick_options(old->url()));
  CHECK(second.wait_for_count(50));
}

TEST_CASE("a relay that cannot start returns the reason") {
  const auto relay = start_relay({});
  const auto taken = replay_server::start({}, {.listen = {"127.0.0.1", relay->port()}});
  REQUIRE_FALSE(taken);
  CHECK_THAT(taken.error().message, Catch::Contains("127.0.0.1:" + std::to_string(relay->port())));

  auto falling = make_corpus(3);
  std::swap(falling[1], falling[2]);
  CHECK_THAT(replay_server::start(falling, {}).error().message,
             Catch::Contains("frame 2: its seq 2 is not above the one before it, 3"));
  CHECK_THAT(replay_server::start(make_corpus(3), {.faults = {*parse_fault("close-at=4")}})
                 .error()
                 .message,
             Catch::Contains("close-at=4"));
}

TEST_CASE("faults are parsed, formatted, and rejected by name") {
  for (const auto* text :
       {"close-at=0", "reset-at=1", "half-open-at=2", "garbage-at=3", "text-at=4", "truncated-at=5",
        "oversized-at=6", "error-at=7:ConsumerTooSlow", "delay-accept=8"}) {
    const auto fault = parse_fault(text);
    REQUIRE(fault);
    CHECK(to_string(*fault) == text);
  }
  for (const auto* text :
       {"", "close-at", "close-at=", "close-at=x", "close-at=-1", "close-at=1x", "burn-at=1",
        "error-at=1", "error-at=1:", "error-at=:X", "close-at=99999999999"}) {
    INFO(text);
    const auto fault = parse_fault(text);
    REQUIRE_FALSE(fault);
    CHECK_THAT(fault.error().message, Catch::Contains("'" + std::string(text) + "'"));
  }
}

#ifdef PRISM_REPLAY

namespace {

struct run_result {
  int code{-1};
  std::string output;
};

run_result run(const std::string& arguments) {
  run_result result;
  std::FILE* pipe = ::popen((PRISM_REPLAY " " + arguments + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe))
    result.output.push_back(static_cast<char>(c));
  result.code = WEXITSTATUS(::pclose(pipe));
  return result;
}

} // namespace

TEST_CASE("prism-replay rejects bad options by name with exit code 2") {
  const std::pair<std::string, std::string> cases[] = {
      {"", "--base"},
      {"--base", "--base"},
      {"--bse x", "--bse"},
      {"--bas x", "--bas"},
      {"--base x stray", "stray"},
      {"--base x --rate many", "--rate"},
      {"--base x --since now", "--since"},
      {"--base x --listen nowhere", "--listen"},
      {"--base x --window -1", "--window: '-1'"},
      {"--base x --shuffle ''", "--shuffle"},
      {"--base x --fault close-at=x", "--fault"},
      {"--base x --twice=3", "--twice"},
      {"--base x --tls-cert c", "--tls-key"},
  };
  for (const auto& [arguments, named] : cases) {
    INFO(arguments);
    const auto result = run(arguments);
    CHECK(result.code == 2);
    CHECK_THAT(result.output, Catch::Contains(named));
  }
}

TEST_CASE("prism-replay has a --help and names the path of a missing corpus") {
  const auto help = run("--help");
  CHECK(help.code == 0);
  for (const auto* option :
       {"--base", "--twice", "--once", "--fault SPEC", "--help", "half-open-at"})
    CHECK_THAT(help.output, Catch::Contains(option));
  const auto missing = run("--base /no/such/corpus");
  CHECK(missing.code == 1);
  CHECK_THAT(missing.output, Catch::Contains("/no/such/corpus.frames.zst"));
}

TEST_CASE("prism-replay serves the sample twice, and ends after one client") {
  std::FILE* pipe = ::popen((PRISM_REPLAY " --base " + sample_base() +
                             " --twice --once --fault reset-at=1000 2>/dev/null")
                                .c_str(),
                            "r");
  REQUIRE(pipe != nullptr);
  char line[256] = {};
  REQUIRE(std::fgets(line, sizeof line, pipe) != nullptr);
  const std::string said(line);
  REQUIRE_THAT(said, Catch::StartsWith("listening on ws://127.0.0.1:"));
  {
    client consumer(quick_options(said.substr(13, said.size() - 14)));
    REQUIRE(consumer.wait_for_count(std::size_t{2} * 4121));
    const auto frames = consumer.frames();
    for (std::size_t i = 0; i < frames.size(); ++i)
      REQUIRE(seq_of(frames[i]) == static_cast<std::int64_t>(i) + 1);
    CHECK(consumer.source->stats().attempts == 2);
    consumer.source->stop();
  }
  CHECK(WEXITSTATUS(::pclose(pipe)) == 0);
}

#endif
