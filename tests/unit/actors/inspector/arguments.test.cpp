#include "actors/inspector/arguments.hpp"

#include <catch2/catch.hpp>

using namespace prism;

TEST_CASE("the first argument that is missing or wrong is remembered") {
  const boost::json::object arguments{{"part", "firehose"}, {"seconds", 7}, {"id", 0}, {"x", true}};
  argument_reader good(arguments);
  CHECK(good.text("part") == "firehose");
  CHECK(good.text("why", "none") == "none");
  CHECK(good.number("seconds", 300, 1, 10) == 7);
  CHECK(good.number("limit", 50, 1, 100) == 50);
  CHECK_FALSE(good.wrong());

  argument_reader bad(arguments);
  CHECK(bad.number("seconds", 300, 1, 5) == 0);
  CHECK(bad.text("missing").empty());
  REQUIRE(bad.wrong());
  CHECK(bad.wrong()->code == errc::invalid);
  CHECK(bad.wrong()->message == "argument 'seconds' must be a number from 1 to 5");

  for (const auto* name : {"id", "none", "x", "part"}) {
    argument_reader one(arguments);
    static_cast<void>(one.id(name));
    REQUIRE(one.wrong());
    CHECK(one.wrong()->message.find(name) != std::string::npos);
  }
}
