#include "atproto/syntax/datetime.hpp"
#include "atproto/syntax/syntax.hpp"
#include "atproto/syntax/syntax_at_uri.hpp"
#include "atproto/syntax/tid.hpp"
#include "tests/unit/atproto/interop_lines.hpp"

#include <catch2/catch.hpp>
#include <set>

using namespace prism::atproto;

namespace {

using predicate = bool (*)(std::string_view) noexcept;

struct format {
  const char* fixture;
  predicate is_valid;
  // Vectors on which the official AppView disagrees with the vector files. We follow the AppView.
  std::set<std::string> exceptions;
};

const std::string too_long_uri = "https://example.com/" + std::string(8200, 'x');

const format formats[] = {
    {"atidentifier", is_valid_at_identifier, {}},
    {"aturi", is_valid_at_uri, {}},
    {"cid",
     is_valid_cid_string,
     {"QmbWqxBEKC3P8tqsKc98xmWNzrzDtRLMiMPL8wBuTGsMnR", // CIDv0
      "zdj7WWeQ43G6JJvLWQWZpyHuAMq6uYWRjkBXFad11vE2LHhQ7", "mBcDxtdWx0aWhhc2g+",
      "z7x3CtScH765HvShXT", "zdj7WhuEjrB52m1BisYCtmjH1hSKa7yZ3jEZ9JcXaFRD51wVz",
      "7134036155352661643226414134664076",
      "f017012202c5f688262e0ece8569aa6f94d60aad55ca8d9d83734e4a7430d0cff6588ec2b"}},
    {"datetime", is_valid_datetime, {"1985-02-29T23:20:50.123Z"}},
    {"did", is_valid_did, {}},
    {"handle", is_valid_handle, {}},
    {"language", is_valid_language, {}},
    {"nsid", is_valid_nsid, {}},
    {"recordkey", is_valid_record_key, {}},
    {"tid", is_valid_tid, {}},
    {"uri",
     is_valid_uri,
     {"content-type:text/plan", "microsoft.windows.camera:thing", too_long_uri}},
};

void check(const format& format, const std::string& kind, bool expected) {
  const auto name = std::string{"syntax/"} + format.fixture + kind;
  for (const auto& line : prism::test::interop_lines(name)) {
    INFO(name << ": " << line.substr(0, 200));
    CHECK(format.is_valid(line) == (expected != format.exceptions.contains(line)));
  }
}

} // namespace

TEST_CASE("every string that the protocol's vectors call valid is valid") {
  for (const auto& format : formats)
    if (format.fixture != std::string_view{"atidentifier"})
      check(format, "_syntax_valid.txt", true);
}

TEST_CASE("every string that the protocol's vectors call invalid is invalid") {
  for (const auto& format : formats)
    check(format, "_syntax_invalid.txt", false);
}

TEST_CASE("datetimes that only look right are invalid") {
  check(formats[3], "_parse_invalid.txt", false);
}

TEST_CASE("every exception from the vectors is one of their lines") {
  for (const auto& format : formats) {
    std::set<std::string> seen;
    for (const auto* kind : {"_syntax_valid.txt", "_syntax_invalid.txt", "_parse_invalid.txt"}) {
      try {
        for (const auto& line :
             prism::test::interop_lines(std::string{"syntax/"} + format.fixture + kind))
          seen.insert(line);
      } catch (const std::exception&) {
        // Not every format has every file.
      }
    }
    for (const auto& line : format.exceptions) {
      INFO(format.fixture << ": " << line.substr(0, 200));
      CHECK(seen.contains(line));
    }
  }
}
