#include "core/one_line.hpp"

#include <catch2/catch.hpp>

using prism::one_line;

TEST_CASE("the lines of a message become one, without white space and empty lines") {
  CHECK(one_line("ERROR:  refused\n\n\tHINT:  wait \r\n") == "ERROR:  refused; HINT:  wait");
  CHECK(one_line("one") == "one");
  CHECK(one_line(" \n").empty());
}

TEST_CASE("lines with a given beginning are left out of the one line") {
  CHECK(one_line("FATAL:  no\nLOCATION:  f, file.c:1\n", "LOCATION:") == "FATAL:  no");
}
