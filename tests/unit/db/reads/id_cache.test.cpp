#include "db/reads/id_cache.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace prism;
using namespace prism::reads;
using atproto::collection;

namespace {

using views = std::vector<std::string_view>;
using numbers = std::vector<std::int64_t>;

[[nodiscard]] db::uri_parts post(std::string_view did, std::string_view rkey) {
  return {did, collection::post, rkey};
}

} // namespace

TEST_CASE("known accounts and uris are found both ways, and others are not") {
  id_cache cache;
  cache.put(std::vector<known_account>{{1, "did:plc:a"}, {2, "did:plc:b"}});
  cache.put(std::vector<known_uri>{{10, 1, collection::post, "p"}, {11, 2, collection::post, "p"}});
  CHECK(cache.ids_of(views{"did:plc:b", "did:plc:c", "did:plc:a"}) == numbers{2, 0, 1});
  CHECK(cache.dids_of(numbers{1, 3}) == std::vector<std::string>{"did:plc:a", ""});
  const std::array asked{post("did:plc:a", "p"), post("did:plc:b", "p"), post("did:plc:a", "q"),
                         db::uri_parts{"did:plc:a", collection::like, "p"}, post("did:plc:c", "p")};
  CHECK(cache.ids_of(asked) == numbers{10, 11, 0, 0, 0});
  CHECK(cache.uris_of(numbers{11, 12}) ==
        std::vector<std::string>{"at://did:plc:b/app.bsky.feed.post/p", ""});
}

TEST_CASE("a uri without a DID is its text") {
  id_cache cache;
  cache.put(std::vector<known_uri>{{5, 0, collection::other, "https://example.com"}});
  const std::array asked{db::split_uri("https://example.com")};
  CHECK(cache.ids_of(asked) == numbers{5});
  CHECK(cache.uris_of(numbers{5}) == std::vector<std::string>{"https://example.com"});
}

TEST_CASE("a uri whose account was evicted is not known") {
  id_cache cache(1, 10);
  cache.put(std::vector<known_account>{{1, "did:plc:a"}});
  cache.put(std::vector<known_uri>{{10, 1, collection::post, "p"}});
  cache.put(std::vector<known_account>{{2, "did:plc:b"}});
  const std::array asked{post("did:plc:a", "p")};
  CHECK(cache.ids_of(asked) == numbers{0});
  CHECK(cache.uris_of(numbers{10}) == std::vector<std::string>{""});
}

TEST_CASE("however many names are read, the id cache keeps a bounded number of bounded ones") {
  id_cache cache(100, 200);
  for (std::int64_t i = 1; i <= 1000; ++i) {
    cache.put(std::vector<known_account>{{i, fmt::format("did:plc:{}", i)}});
    cache.put(std::vector<known_uri>{{i, i, collection::post, fmt::format("p{}", i)}});
  }
  CHECK(cache.accounts().entries == 100);
  CHECK(cache.accounts().evictions == 900);
  CHECK(cache.uris().entries == 200);
  const std::string longest(id_cache::max_name + 1, 'x');
  cache.put(std::vector<known_account>{{2000, longest}});
  cache.put(std::vector<known_uri>{{2000, 1000, collection::post, longest}});
  CHECK(cache.dids_of(numbers{2000}) == std::vector<std::string>{""});
  CHECK(cache.uris_of(numbers{2000}) == std::vector<std::string>{""});
}
