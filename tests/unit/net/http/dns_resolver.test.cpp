#include "tests/unit/net/support/fetching.hpp"

using namespace prism;
using namespace prism::net;
using namespace prism::net::test;
using mood = dns_server::mood;

TEST_CASE("TXT records are found, their strings joined") {
  fetching f;
  f.names.add_txt("_atproto.a.test", {"did=did:plc:", "abc"});
  f.names.add_txt("_atproto.a.test", {"v=spf1"});
  const auto found = f.ask(f.dns->txt("_atproto.a.test"));
  REQUIRE(found);
  CHECK(*found == std::vector<std::string>{"did=did:plc:abc", "v=spf1"});
}

TEST_CASE("A name that does not exist is distinguished from a failed query") {
  fetching f{{}, "", hurried_dns()};
  f.names.add_address("a.test", "127.0.0.1");
  f.names.set_mood("broken.test", mood::fail);
  f.names.set_mood("silent.test", mood::silent);
  const auto txt = [&](const std::string& name) {
    const auto found = f.ask(f.dns->txt(name));
    return found ? "found" : to_string(found.error().code);
  };
  CHECK(txt("none.test") == "not_found");
  CHECK(txt("a.test") == "not_found"); // exists, without TXT
  CHECK(txt("broken.test") == "io");
  CHECK(txt("silent.test") == "timeout");
  CHECK(txt(std::string(64, 'a') + ".test") == "not_found"); // a label longer than there can be
  const auto host = [&](const std::string& name) {
    const auto found = f.ask(f.dns->addresses(name));
    return found ? "found" : to_string(found.error().code);
  };
  CHECK(host("a.test") == "found");
  CHECK(host("none.test") == "not_found");
  CHECK(host("broken.test") == "io");
  CHECK(host("silent.test") == "timeout");
}

TEST_CASE("A name server that does not answer for one name does not delay others") {
  fetching f{{}, "", hurried_dns()};
  f.names.set_mood("silent.test", mood::silent);
  f.names.add_txt("a.test", {"x"});
  const auto begin = std::chrono::steady_clock::now();
  auto silent =
      boost::asio::co_spawn(f.dns->executor(), f.dns->txt("silent.test"), boost::asio::use_future);
  for (int i = 0; i < 20; ++i)
    REQUIRE(f.ask(f.dns->txt("a.test")));
  const auto still_silent = silent.wait_for(std::chrono::seconds{0});
  // Not checked if the machine is so slow that the silent query has timed out.
  if (std::chrono::steady_clock::now() - begin < std::chrono::seconds{2})
    CHECK(still_silent == std::future_status::timeout);
  CHECK_FALSE(fetching::finish(std::move(silent)));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{30});
}

TEST_CASE("A name server that swallows everything leaves time for the next") {
  dns_server first;
  dns_server second;
  second.add_txt("a.test", {"x"});
  second.add_address("a.test", "127.0.0.1");
  first.set_mood("a.test", mood::silent);
  io_thread thread;
  auto made =
      dns_resolver::make(thread.context(), {.servers = first.address() + "," + second.address(),
                                            .timeout = patience,
                                            .attempt_timeout = std::chrono::milliseconds{100}});
  REQUIRE(made);
  REQUIRE(thread.start("the test"));
  const auto ask = [&](auto question) {
    return fetching::finish(
        boost::asio::co_spawn(thread.context(), std::move(question), boost::asio::use_future));
  };
  CHECK(ask((*made)->txt("a.test")));
  CHECK(ask((*made)->addresses("a.test")));
  CHECK(first.questions() > 0);
}

TEST_CASE("Queries in flight end when the resolver is stopped") {
  fetching f;
  f.names.set_mood("silent.test", mood::silent);
  auto silent =
      boost::asio::co_spawn(f.dns->executor(), f.dns->txt("silent.test"), boost::asio::use_future);
  REQUIRE(eventually([&] { return f.names.questions() > 0; }));
  f.stop();
  const auto end = fetching::finish(std::move(silent));
  REQUIRE_FALSE(end);
  CHECK(end.error().code == errc::cancelled);
}

TEST_CASE("An invalid list of name servers is rejected") {
  boost::asio::io_context context;
  const auto made = dns_resolver::make(context, {.servers = "nonsense"});
  REQUIRE_FALSE(made);
  CHECK(made.error().code == errc::invalid);
}
