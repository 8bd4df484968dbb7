#include "linked.hpp"

using namespace prism;
using namespace prism::net;
using namespace prism::net::test;

TEST_CASE("two nodes link and carry messages in their order, both ways", "[link]") {
  cluster_of_links c;
  const linked_node a(c.options("a"));
  const linked_node b(c.options("b"));
  CHECK_FALSE(a.it->send("b", message(0)));
  introduce({&a, &b});
  REQUIRE(eventually([&] { return linked(a, b); }));
  std::vector<std::int64_t> sent;
  for (std::int64_t i = 0; i < 500; ++i) {
    sent.push_back(i);
    REQUIRE(a.it->send("b", message(i, {frame(static_cast<std::size_t>(i)), frame(3)})));
    REQUIRE(b.it->send("a", message(i)));
  }
  CHECK(eventually([&] { return b.numbers_of("a") == sent && a.numbers_of("b") == sent; }));
  CHECK(b.bytes_of("a") == 499 * 500 / 2 + 1500);
  CHECK(a.log() == "up b;");
  CHECK(b.log() == "up a;");
  // Who dials is the one with the smaller UUID.
  CHECK(a.it->totals().connections == 0);
  CHECK(b.it->totals().connections == 1);
  CHECK(eventually([&] {
    const auto one = a.it->stats().front();
    return one.open && one.version == 1 && one.round_trip.count() > 0 && one.messages_out == 500 &&
           one.messages_in == 500 && one.queued_bytes == 0;
  }));
}
