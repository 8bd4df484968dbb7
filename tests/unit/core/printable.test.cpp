#include "core/printable.hpp"

#include <catch2/catch.hpp>

using prism::printable;

TEST_CASE("printable text stays, all else is escaped and cut") {
  CHECK(printable("at://did:plc:x/a.b/c~ '\"") == "at://did:plc:x/a.b/c~ '\"");
  CHECK(printable({"a\0\n\x7f\\", 5}) == "a\\x00\\x0a\\x7f\\x5c");
  CHECK(printable("\xC3\xA9") == "\\xc3\\xa9");
  CHECK(printable("abc", 3) == "abc");
  CHECK(printable("abcd", 3) == "abc...");
  CHECK(printable("").empty());
}
