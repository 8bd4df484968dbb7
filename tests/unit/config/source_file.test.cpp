#include "config/sources.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

using namespace prism::config;
using Catch::Contains;

namespace {

std::string refusal(std::string_view text) {
  const auto result = read_file_text(text, "f");
  REQUIRE_FALSE(result);
  return result.error().message;
}

} // namespace

TEST_CASE("a file is a list of names and values, each with its line") {
  const auto read =
      read_file_text("; head\n\na = 1\r\n  b-c=\"x \\\"y\\\" \\\\z\" ; why\n\td = true", "f");
  INFO((read ? std::string() : read.error().message));
  REQUIRE(read);
  REQUIRE(read->size() == 3);
  CHECK((*read)[0].name == "a");
  CHECK((*read)[0].value == "1");
  CHECK((*read)[0].origin == "f:3");
  CHECK((*read)[1].name == "b-c");
  CHECK((*read)[1].value == "x \"y\" \\z");
  CHECK((*read)[2].value == "true");
  CHECK((*read)[2].origin == "f:5");
}

TEST_CASE("an empty file sets nothing") {
  CHECK(read_file_text("", "f")->empty());
  CHECK(read_file_text("\n \n;\n", "f")->empty());
}

TEST_CASE("a line that is not a setting is rejected with its number") {
  CHECK_THAT(refusal("a = 1\nb = wss://x\n"), Contains("f:2") && Contains("\"TEXT\""));
  CHECK_THAT(refusal("a ="), Contains("f:1") && Contains("without a value"));
  CHECK_THAT(refusal("a = 1 b = 2"), Contains("more than one"));
  CHECK_THAT(refusal("[section]\na = 1"), Contains("f:1"));
  CHECK_THAT(refusal("a = [1, 2]"), Contains("not a list"));
  CHECK_THAT(refusal("a { b = 1 }"), Contains("not a dictionary"));
  CHECK_THAT(refusal("a = 10s"), Contains("not a timespan"));
  CHECK_THAT(refusal("a = \"open"), Contains("f:1"));
  CHECK_THAT(refusal("# a = 1"), Contains("f:1"));
  CHECK_THAT(refusal("just words"), Contains("f:1"));
}

TEST_CASE("a name set twice in a file is rejected, naming both lines") {
  CHECK_THAT(refusal("a = 1\nb = 2\na = 1\n"), Contains("f:3") && Contains("line 1"));
}

TEST_CASE("a file that cannot be read or is too long is rejected") {
  CHECK_THAT(read_file("/nonexistent").error().message, Contains("/nonexistent"));
  CHECK_FALSE(read_file(std::filesystem::temp_directory_path()));
  // Unique per process: the same test of another build may run at the same time.
  const auto path = std::filesystem::temp_directory_path() /
                    ("prism-config-long-" + std::to_string(::getpid()) + ".conf");
  std::ofstream(path) << std::string(max_file_bytes, '\n');
  CHECK(read_file(path));
  std::ofstream(path, std::ios::app) << '\n';
  const auto too_long = read_file(path);
  REQUIRE_FALSE(too_long);
  CHECK(too_long.error().code == prism::errc::limit);
  std::filesystem::remove(path);
}
