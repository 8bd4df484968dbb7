#include "db/index/streams.hpp"
#include "db/batch/place.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/support/must.hpp"

#include <catch2/catch.hpp>

// What comes from one relay after another stands behind all that came before.

using namespace prism;
using namespace prism::test;

namespace {

/// Takes a stream up and reads it from one seq to another, with one shard.
struct relay_years {
  index_target target;

  std::int64_t begin(const std::string& service) {
    take_over(target.connection, service);
    return must(db::stream_base(target.connection, service));
  }
  void read_to(const std::string& service, std::int64_t seq) {
    must(target.connection.exec_script("UPDATE firehose_cursor SET seq = " + std::to_string(seq) +
                                       " WHERE service = '" + service + "'"));
  }
};

} // namespace

TEST_CASE("the first stream has the base 0, and keeps it over restarts") {
  relay_years on;
  CHECK(on.begin("a") == 0);
  on.read_to("a", 1000);
  CHECK(on.begin("a") == 0);
}

TEST_CASE("a new relay stands behind the old one, and the old one behind it when it comes back") {
  relay_years on;
  const auto a = on.begin("a");
  on.read_to("a", 5'000'000);
  const auto b = on.begin("b");
  CHECK(db::place_of(b, 1) > db::place_of(a, 5'000'000, 255));
  on.read_to("b", 300);
  const auto again = on.begin("a");
  CHECK(db::place_of(again, 5'000'001) > db::place_of(b, 300, 255));
  CHECK(on.begin("a") == again); // it is the newest now
}

TEST_CASE("a stream that nobody has read from does not move the others") {
  relay_years on;
  on.begin("a");
  on.read_to("a", 77);
  on.begin("b");
  CHECK(on.begin("a") == 0);
}

TEST_CASE("places rise with stream, seq and number of the operation") {
  CHECK(db::place_of(0, 1, 0) < db::place_of(0, 1, 1));
  CHECK(db::place_of(0, 1, 255) < db::place_of(0, 2, 0));
  CHECK(db::place_of(0, 1, 255) == db::place_of(0, 1, 100'000)); // more than the protocol allows
  CHECK(db::base_of(db::place_of(42, 7, 3), 7) == 42);
  // Any seq that a double holds exactly, as JavaScript does, fits behind as many others.
  constexpr std::int64_t highest = (std::int64_t{1} << 53) - 1;
  CHECK(db::place_of(highest, highest, 255) > db::place_of(highest, highest - 1, 255));
}
