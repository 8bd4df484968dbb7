#include "db/batch/batch_builder.hpp"

#include <catch2/catch.hpp>

using namespace prism::db;

namespace {

constexpr micros arrival = 1'794'997'600'000'000; // 2026-11-18T10:26:40Z
const build_events nothing{.rejected = [](auto...) {}, .skipped = [](auto) {}};

[[nodiscard]] micros time_of(std::string_view text) {
  batch_builder builder(nothing, 0, arrival);
  prism::atproto::identity_frame frame;
  frame.seq = 7;
  frame.did = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa";
  frame.time = text;
  REQUIRE(builder.add(prism::atproto::frame{frame}));
  return builder.take().identities.front().time;
}

} // namespace

TEST_CASE("the time of an event is shown as its host wrote it, unless it lies ahead") {
  CHECK(time_of("1970-01-01T00:00:00Z") == 0);
  CHECK(time_of("2026-11-18T10:26:40Z") == arrival);
  CHECK(time_of("2026-11-18T10:31:40Z") == arrival + batch_builder::max_event_lead);
}

TEST_CASE("an event of the future gets the time of its arrival") {
  CHECK(time_of("2026-11-18T10:31:40.001Z") == arrival);
  CHECK(time_of("2099-01-01T00:00:00Z") == arrival);
  CHECK(time_of("9999-12-31T23:59:59Z") == arrival);
}

TEST_CASE("a place is made of the base of the stream, the seq and the number in the commit") {
  batch_builder builder(nothing, 100, arrival);
  prism::atproto::account_frame frame;
  frame.seq = 7;
  frame.did = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa";
  frame.time = "2026-11-18T10:26:40Z";
  frame.active = true;
  REQUIRE(builder.add(prism::atproto::frame{frame}));
  const auto made = builder.take();
  CHECK(made.accounts.front().place == place_of(100, 7));
  CHECK(made.place_base == 100);
}
