#include "core/cluster/ttl_check.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using prism::cluster::ttl_check;

namespace {

[[nodiscard]] prism::cluster::member member_with(std::string id, std::chrono::milliseconds ttl,
                                                 std::string dead = {}) {
  prism::cluster::member out;
  out.id = std::move(id);
  out.ttl = ttl;
  out.dead_reason = std::move(dead);
  return out;
}

[[nodiscard]] prism::cluster::table table_of(std::vector<prism::cluster::member> members) {
  prism::cluster::table out;
  out.members = std::move(members);
  return out;
}

} // namespace

TEST_CASE("members of the same ttl, of an unknown one, and dead ones are not named") {
  ttl_check check(10s);
  CHECK(check
            .see(table_of({member_with("self", 10s), member_with("a", 10s), member_with("old", 0s),
                           member_with("b", 3s, "left")}))
            .empty());
  CHECK(check.count() == 0);
}

TEST_CASE("a member with another ttl is named once") {
  ttl_check check(10s);
  const auto read =
      table_of({member_with("self", 10s), member_with("a", 3s), member_with("b", 10s)});
  const auto news = check.see(read);
  REQUIRE(news.size() == 1);
  CHECK(news.front().id == "a");
  CHECK(check.count() == 1);
  CHECK(check.see(read).empty());
  CHECK(check.count() == 1);
  const auto more = check.see(table_of({member_with("a", 3s), member_with("c", 11s)}));
  REQUIRE(more.size() == 1);
  CHECK(more.front().id == "c");
  CHECK(check.count() == 2);
}

TEST_CASE("a member that has gone is forgotten, and named again if it comes back") {
  ttl_check check(10s);
  static_cast<void>(check.see(table_of({member_with("a", 3s)})));
  CHECK(check.see(table_of({member_with("a", 3s, "expired")})).empty());
  CHECK(check.count() == 0);
  CHECK(check.see(table_of({member_with("a", 3s)})).size() == 1);
}
