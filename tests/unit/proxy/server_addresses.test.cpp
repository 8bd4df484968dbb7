// A database whose name, or list of hosts, has an address that swallows everything.

#include "db/pg/connection.hpp"
#include "tests/support/must.hpp"
#include "tests/support/proxied_database.hpp"
#include "tests/support/swallowing_address.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <dlfcn.h>
#include <fmt/format.h>
#include <netdb.h>

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;
using what = swallowing_address::what;

// Stands before the C library's: a name of tests has two addresses, the good one last.
extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints,
                           addrinfo** found) {
  static const auto real =
      reinterpret_cast<decltype(&getaddrinfo)>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  if (name == nullptr || std::strcmp(name, "two.test") != 0)
    return real(name, service, hints, found);
  addrinfo** end = found;
  for (const auto* address : {"127.0.22.2", "127.0.0.1"}) {
    if (const int failed = real(address, service, hints, end); failed != 0)
      return failed;
    while (*end != nullptr)
      end = &(*end)->ai_next;
  }
  return 0;
}

TEST_CASE("a database address that swallows everything leaves time for the next one") {
  const proxied_database database;
  const auto port = database.proxy->port();
  const auto swallowed = GENERATE(what::packets, what::bytes);
  const swallowing_address bad("127.0.22.2", port, swallowed);
  const auto* const servers = GENERATE("host=two.test", "host=127.0.22.2,127.0.0.1",
                                       "hostaddr=127.0.22.2,127.0.0.1 host=a,b");
  auto opened = db::connection::open(
      {.conninfo = fmt::format("{} {} port={}", database.conninfo, servers, port),
       .connect_timeout = 2s});
  INFO(servers << ": " << (opened ? "" : opened.error().message));
  REQUIRE(opened);
  CHECK(must(opened->exec("select 1")).get_int4(0, 0) == 1);
  if (swallowed == what::bytes)
    CHECK(bad.was_tried());
}

TEST_CASE("if all database addresses swallow, connecting ends at its time limit") {
  const proxied_database database;
  const auto port = database.proxy->port();
  const swallowing_address one("127.0.22.2", port, what::packets);
  const swallowing_address two("127.0.22.3", port, what::bytes);
  const auto begin = std::chrono::steady_clock::now();
  const auto opened = db::connection::open(
      {.conninfo = database.conninfo + fmt::format(" host=127.0.22.2,127.0.22.3 port={}", port),
       .connect_timeout = 500ms});
  REQUIRE_FALSE(opened);
  CHECK(opened.error().sqlstate == db::sqlstate::cannot_connect);
  CHECK(opened.error().cls == db::error_class::transient);
  CHECK(std::chrono::steady_clock::now() - begin >= 1s); // of each host
}
