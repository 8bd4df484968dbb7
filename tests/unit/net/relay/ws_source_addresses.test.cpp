// A relay whose name has several addresses, of which some are of no use.

#include "tests/support/swallowing_address.hpp"
#include "tests/unit/net/support/client.hpp"
#include "tests/unit/net/support/relay.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <dlfcn.h>
#include <netdb.h>

using namespace prism::net;
using namespace prism::net::test;
using prism::test::swallowing_address;
using std::chrono::milliseconds;

// Replaces the C library's getaddrinfo, and answers for two names with three addresses each. The
// last address of three.test is the relay's. Only these tests use the others, so their ports are
// free.
extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints,
                           addrinfo** found) {
  static const auto real =
      reinterpret_cast<decltype(&getaddrinfo)>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  const bool three = name != nullptr && std::strcmp(name, "three.test") == 0;
  const bool dead = name != nullptr && std::strcmp(name, "dead.test") == 0;
  if (!three && !dead)
    return real(name, service, hints, found);
  addrinfo** end = found;
  for (const auto* address : {"127.0.1.3", "127.0.1.2", three ? "127.0.0.1" : "127.0.1.1"}) {
    if (const int failed = real(address, service, hints, end); failed != 0)
      return failed;
    while (*end != nullptr)
      end = &(*end)->ai_next;
  }
  return 0;
}

namespace {

using what = swallowing_address::what;

std::string url_of(std::uint16_t port, const std::string& name = "three.test") {
  return "ws://" + name + ":" + std::to_string(port);
}

} // namespace

TEST_CASE("addresses that swallow everything leave time for the one that works") {
  const auto first = GENERATE(what::packets, what::bytes);
  const auto second = GENERATE(what::packets, what::bytes);
  const auto frames = make_corpus(10);
  const auto relay = start_relay(frames);
  const swallowing_address bad("127.0.1.3", relay->port(), first);
  const swallowing_address worse("127.0.1.2", relay->port(), second);
  auto options = quick_options(url_of(relay->port()));
  options.connect_timeout = std::chrono::seconds{6};
  client consumer(options);
  REQUIRE(consumer.wait_for_count(frames.size()));
  CHECK(consumer.frames() == contents(frames));
  CHECK(consumer.source->stats().attempts == 1);
}

TEST_CASE("an address that refuses leaves time for the others as well") {
  const auto frames = make_corpus(10);
  const auto relay = start_relay(frames);
  const swallowing_address bad("127.0.1.2", relay->port(), what::bytes);
  auto options = quick_options(url_of(relay->port()));
  options.connect_timeout = std::chrono::seconds{4};
  client consumer(options);
  REQUIRE(consumer.wait_for_count(frames.size()));
  CHECK(consumer.source->stats().attempts == 1);
}

TEST_CASE("if all swallow, the attempt ends at its time limit, and stop need not wait for it") {
  const auto relay = start_relay(make_corpus(1)); // keeps the port from others
  const auto port = relay->port();
  const auto swallowed = GENERATE(what::packets, what::bytes);
  const swallowing_address one("127.0.1.3", port, swallowed);
  const swallowing_address two("127.0.1.2", port, swallowed);
  const swallowing_address three("127.0.1.1", port, swallowed);
  auto options = quick_options(url_of(port, "dead.test"));
  options.connect_timeout = milliseconds{600};
  client consumer(options);
  CHECK(consumer.wait_for_end(disconnect_reason::connect_timeout));
  options.connect_timeout = std::chrono::minutes{10};
  client patient(options);
  REQUIRE(eventually([&] { return patient.source->stats().attempts == 1; }));
  patient.source->stop();
}
