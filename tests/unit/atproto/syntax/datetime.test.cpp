#include "atproto/syntax/datetime.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace prism::atproto;

TEST_CASE("a datetime is parsed to the microsecond") {
  CHECK(parse_datetime("1970-01-01T00:00:00Z") == 0);
  CHECK(parse_datetime("1970-01-01T00:00:00.000001Z") == 1);
  CHECK(parse_datetime("1970-01-01T00:00:00.0000019Z") == 1);
  CHECK(parse_datetime("1969-12-31T23:59:59.5Z") == -500'000);
  CHECK(parse_datetime("2023-11-14T22:13:20.123456Z") == 1'700'000'000'123'456);
  CHECK(parse_datetime("2023-11-15T00:13:20.123456+02:00") == 1'700'000'000'123'456);
  CHECK(parse_datetime("2023-11-14T20:43:20.123456-01:30") == 1'700'000'000'123'456);
}

TEST_CASE("a day past the end of its month runs into the next, as for the AppView") {
  CHECK(parse_datetime("2023-02-30T00:00:00Z").value() ==
        parse_datetime("2023-03-02T00:00:00Z").value());
  CHECK_FALSE(parse_datetime("2023-02-32T00:00:00Z"));
}

TEST_CASE("the year counts in UTC") {
  CHECK(is_valid_datetime("0000-01-01T00:00:00Z"));
  CHECK(is_valid_datetime("9999-12-31T23:59:59.999Z"));
  CHECK_FALSE(is_valid_datetime("0000-01-01T00:59:59+01:00"));
  CHECK_FALSE(is_valid_datetime("9999-12-31T23:00:00-01:00"));
}

TEST_CASE("a datetime may have 64 bytes and not one more") {
  const std::string head = "2023-01-01T00:00:00.";
  CHECK(is_valid_datetime(head + std::string(63 - head.size(), '1') + 'Z'));
  CHECK_FALSE(is_valid_datetime(head + std::string(64 - head.size(), '1') + 'Z'));
}

TEST_CASE("what is no datetime is an error") {
  const auto result = parse_datetime("2024-13-45T99:00:00Z");
  REQUIRE_FALSE(result);
  CHECK(result.error().code == prism::errc::invalid);
}

TEST_CASE("a time is formatted with milliseconds, cut off downwards") {
  CHECK(format_datetime(0) == "1970-01-01T00:00:00.000Z");
  CHECK(format_datetime(1'700'000'000'123'999) == "2023-11-14T22:13:20.123Z");
  CHECK(format_datetime(-1) == "1969-12-31T23:59:59.999Z");
  CHECK(format_datetime(*parse_datetime("0000-01-01T00:00:00Z")) == "0000-01-01T00:00:00.000Z");
}

TEST_CASE("years without a plain form are formatted with a sign and six digits") {
  const auto past_last = *parse_datetime("9999-12-31T23:59:59.999999Z") + 1;
  CHECK(format_datetime(past_last) == "+010000-01-01T00:00:00.000Z");
  const auto before_first = *parse_datetime("0000-01-01T00:00:00Z") - 1;
  CHECK(format_datetime(before_first) == "-000001-12-31T23:59:59.999Z");
}

// The right column was printed by normalizeDatetimeAlways of @atproto/syntax/syntax 0.7.6 on
// Node 20.
TEST_CASE("normalisation gives what the official AppView stores") {
  const std::pair<const char*, const char*> cases[] = {
      {"2023-01-01T00:00:00.9999Z", "2023-01-01T00:00:00.999Z"},
      {"2023-01-01T12:34:56.7-08:00", "2023-01-01T20:34:56.700Z"},
      {"2023-02-30T00:00:00Z", "2023-03-02T00:00:00.000Z"},
      {"0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"},
      {"0000-01-01T00:00:00+01:00", "1970-01-01T00:00:00.000Z"},
      {"9999-12-31T23:59:59-01:00", "1970-01-01T00:00:00.000Z"},
      {"2023-01-01T00:00:60Z", "1970-01-01T00:00:00.000Z"},
      // Ten digits or more that begin with a zero: V8 counts them wrong.
      {"2023-01-01T00:00:00.0123456789Z", "2023-01-01T00:00:00.123Z"},
      {"2023-01-01T00:00:00.0001234567890Z", "2023-01-01T00:00:00.123Z"},
      {"2023-01-01T00:00:00.000123456Z", "2023-01-01T00:00:00.000Z"},
      {"2023-01-01T00:00:00.000000000001Z", "2023-01-01T00:00:00.000Z"},
      // Beyond what a lexicon datetime may be.
      {"2023-01-01", "2023-01-01T00:00:00.000Z"},
      {"2023-05", "2023-05-01T00:00:00.000Z"},
      {"2023", "2023-01-01T00:00:00.000Z"},
      {"2023-01-01T10:00", "2023-01-01T10:00:00.000Z"},
      {"2023-01-01T10:00:00.5", "2023-01-01T10:00:00.500Z"},
      {"2023-01-01T24:00:00Z", "2023-01-02T00:00:00.000Z"},
      {"2023-01-01T24:00:00.1Z", "1970-01-01T00:00:00.000Z"},
      {"2023-01-01T00:00:00+0100", "2022-12-31T23:00:00.000Z"},
      {"2023-01-01t00:00:00z", "2023-01-01T00:00:00.000Z"},
      {"+002023-01-01T00:00:00Z", "2023-01-01T00:00:00.000Z"},
      {"+010000-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"},
      {"-000001-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"},
      {"-000000-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"},
      {"", "1970-01-01T00:00:00.000Z"},
      {"yesterday", "1970-01-01T00:00:00.000Z"},
  };
  for (const auto& [text, official] : cases) {
    INFO(text);
    CHECK(format_datetime(normalize_datetime_always(text)) == official);
  }
}
