#include "tools/prismd/line_format.hpp"

#include <array>
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace prism::tools {

namespace {

log::line line_of(log::level severity, std::string text) {
  return {.number = 1,
          .time =
              std::chrono::system_clock::time_point(std::chrono::milliseconds{1'764'342'000'042}),
          .severity = severity,
          .from = log::component::pool,
          .text = std::move(text)};
}

} // namespace

TEST_CASE("a line of text names time, level and component") {
  CHECK(to_line(line_style::text, line_of(log::level::warn, "pool: a session died")) ==
        "2025-11-28T15:00:00.042Z warn  pool          pool: a session died\n");
}

TEST_CASE("the journal gets a priority instead of a time") {
  using enum log::level;
  for (const auto& [severity, number] :
       {std::pair{trace, 7}, {debug, 7}, {info, 6}, {warn, 4}, {error, 3}, {critical, 2}}) {
    const auto text = to_line(line_style::journal, line_of(severity, "x"));
    CHECK(text.starts_with(fmt::format("<{}>{}", number, log::to_string(severity))));
    CHECK_THAT(text, !Catch::Contains("2025"));
  }
  CHECK(to_line(line_style::json_journal, line_of(error, "x")).starts_with("<3>{\"time\":"));
}

TEST_CASE("a line is one line, whatever its text") {
  const std::string text = "first\nsecond\x1b[31m \"quoted\" ä";
  CHECK(to_line(line_style::text, line_of(log::level::info, text)) ==
        "2025-11-28T15:00:00.042Z info  pool          first\\nsecond\\x1b[31m \"quoted\" ä\n");
  const auto json = to_line(line_style::json, line_of(log::level::info, text));
  CHECK(json.find('\n') == json.size() - 1);
  const auto read = boost::json::parse(json).as_object();
  CHECK(read.at("msg").as_string() == boost::json::string_view(text));
  CHECK(read.at("component").as_string() == "pool");
  CHECK(read.at("level").as_string() == "info");
  CHECK(read.at("time").as_string() == "2025-11-28T15:00:00.042Z");
}

TEST_CASE("the journal is known by the device and inode of the descriptor") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  struct stat is {};
  REQUIRE(::fstat(ends[1], &is) == 0);
  const auto name = fmt::format("{}:{}", is.st_dev, is.st_ino);
  CHECK(is_journal(name.c_str(), ends[1]));
  CHECK_FALSE(is_journal(nullptr, ends[1]));
  CHECK_FALSE(is_journal("", ends[1]));
  CHECK_FALSE(is_journal(fmt::format("{}:{}", is.st_dev, is.st_ino + 1).c_str(), ends[1]));
  ::close(ends[0]);
  ::close(ends[1]);
  CHECK_FALSE(is_journal(name.c_str(), ends[1]));
}

} // namespace prism::tools
