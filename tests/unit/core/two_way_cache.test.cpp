#include "core/two_way_cache.hpp"
#include "core/hash.hpp"

#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <string_view>

namespace {

using cache_of_names = prism::two_way_cache<std::string, prism::string_hash, std::equal_to<>>;

} // namespace

TEST_CASE("a pair is found by its id and by its name") {
  cache_of_names cache(4);
  cache.put(7, "seven");
  CHECK(cache.find_id(std::string_view{"seven"}) == 7);
  REQUIRE(cache.find_name(7) != nullptr);
  CHECK(*cache.find_name(7) == "seven");
  CHECK_FALSE(cache.find_id(std::string_view{"eight"}));
  CHECK(cache.find_name(8) == nullptr);
  CHECK(cache.hits() == 3);
  CHECK(cache.misses() == 2);
}

TEST_CASE("a full cache of pairs evicts the least recently used one, whichever half was used") {
  cache_of_names cache(3);
  cache.put(1, "one");
  cache.put(2, "two");
  cache.put(3, "three");
  CHECK(cache.find_id(std::string_view{"one"}) == 1);
  CHECK(cache.find_name(2) != nullptr);
  cache.put(4, "four");
  CHECK(cache.size() == 3);
  CHECK(cache.evictions() == 1);
  CHECK(cache.find_name(3) == nullptr);
  CHECK_FALSE(cache.find_id(std::string_view{"three"}));
  cache.put(1, "one"); // is known already, and the newest then
  cache.put(5, "five");
  cache.put(6, "six");
  CHECK(cache.find_name(1) != nullptr);
  CHECK(cache.size() == 3);
}

TEST_CASE("a cache of pairs without room stays empty") {
  cache_of_names cache(0);
  cache.put(1, "one");
  CHECK(cache.size() == 0);
  CHECK(cache.find_name(1) == nullptr);
}
