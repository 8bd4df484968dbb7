#include "db/pg/server_list.hpp"

#include <catch2/catch.hpp>
#include <map>

using namespace prism::db;
using namespace std::chrono_literals;

namespace {

[[nodiscard]] std::map<std::string, std::string> map_of(const keyword_list& list) {
  return {list.begin(), list.end()};
}

const server_list::time_point start{};
const auto until = start + 12s;

} // namespace

TEST_CASE("one server is left to libpq as it is") {
  for (const keyword_list& given :
       {keyword_list{{"host", "127.0.0.1"}, {"dbname", "a"}}, keyword_list{{"dbname", "a"}},
        keyword_list{{"host", "/run/postgresql"}, {"port", "5433"}},
        keyword_list{{"hostaddr", "127.0.0.1"}, {"host", "no.such.host.invalid"}}})
    CHECK(server_list(given).keywords() == given);
}

TEST_CASE("each of several servers gets its share of the time, and is left out afterwards") {
  server_list servers({{"host", "127.0.0.1,/run/postgresql,127.0.0.3"}, {"port", "1,,3"}});
  auto names = map_of(servers.keywords());
  CHECK(names["host"] == "127.0.0.1,/run/postgresql,127.0.0.3");
  CHECK(names["hostaddr"] == "127.0.0.1,,127.0.0.3");
  CHECK(names["port"] == "1,,3");
  CHECK(servers.share("127.0.0.1", "1", until, start) == start + 4s);
  // The share is counted from when libpq came to the address.
  CHECK(servers.share("127.0.0.1", "1", until, start + 3s) == start + 4s);
  // That one refused at once.
  CHECK(servers.share("/run/postgresql", "5432", until, start + 4s) == start + 8s);
  CHECK(servers.skip_current());
  names = map_of(servers.keywords());
  CHECK(names["host"] == "127.0.0.3");
  CHECK(names["hostaddr"] == "127.0.0.3");
  CHECK(names["port"] == "3");
  CHECK(servers.share("127.0.0.3", "3", until, start + 8s) == until);
  CHECK_FALSE(servers.skip_current());
}

TEST_CASE("an address that is not known has all the time there is, and is the last") {
  server_list servers(keyword_list{{"host", "127.0.0.1,127.0.0.2"}});
  CHECK(servers.share("127.0.0.9", "5432", until, start) == until);
  CHECK_FALSE(servers.skip_current());
}

TEST_CASE("the same address may be there twice, with another port") {
  server_list servers({{"hostaddr", "127.0.0.1,127.0.0.1"}, {"host", "a,b"}, {"port", "1,2"}});
  CHECK(servers.share("127.0.0.1", "2", until, start) == until);
  CHECK(servers.share("127.0.0.1", "1", until, start) == start + 6s);
  CHECK(servers.skip_current());
  CHECK(map_of(servers.keywords())["host"] == "b");
}
