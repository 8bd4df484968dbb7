#include "config/manual.hpp"

#include "config/option_table.hpp"
#include "config/requests.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <unistd.h>

using namespace prism::config;
using Catch::Contains;

namespace {

std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> from(::popen(command.c_str(), "r"), ::pclose);
  REQUIRE(from);
  std::string out;
  std::array<char, 4096> part{};
  while (const auto count = std::fread(part.data(), 1, part.size(), from.get()))
    out.append(part.data(), count);
  return out;
}

/// What bash offers for the words of a command line.
std::string completed(const std::string& words) {
  const auto path = "/tmp/prism-completion-" + std::to_string(::getpid());
  std::ofstream(path) << bash_completion();
  auto out = output_of("bash -c 'compopt() { :; }; . " + path + "; COMP_WORDS=(" + words +
                       "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _prismd; "
                       "echo \"${COMPREPLY[*]}\"' 2>&1");
  std::remove(path.c_str());
  return out;
}

} // namespace

TEST_CASE("the manual page has name, default, range and environment of every option") {
  auto text = manual_page();
  for (const std::string_view escape : {"\\-", "\\&."})
    for (auto at = text.find(escape); at != std::string::npos; at = text.find(escape))
      text.erase(at, escape.size() - 1);
  for (const auto& row : option_rows()) {
    const auto value = value_of(row, {});
    CHECK_THAT(text, Contains("--" + std::string(row.name)));
    CHECK_THAT(text, Contains("Default: " + (value.empty() ? "nothing" : value) + "."));
    CHECK_THAT(text, Contains(environment_name(row.name)));
    CHECK_THAT(text, Contains(allowed(row)));
  }
  for (const auto& row : request_rows())
    CHECK_THAT(text, Contains(std::string(row.spelling)));
}

TEST_CASE("a help text becomes a page of which roff changes nothing") {
  const auto page = manual_page_of_help("prismctl", "1", "looks", ".a\n'b \\ --c\n");
  CHECK_THAT(page, Contains(".TH PRISMCTL 1 "));
  CHECK_THAT(page, Contains("\n\\&.a\n\\&'b \\e \\-\\-c\n"));
}

TEST_CASE("bash completes names of options, and values where there are a few") {
  CHECK(completed("prismd --log-f") == "--log-format=\n");
  CHECK(completed("prismd --log-format =") == "text json\n");
  CHECK(completed("prismd --log-format = j") == "json\n");
  CHECK(completed("prismd --dump") == "--dump-config\n");
  CHECK(completed("prismd --no-such") == "\n");
}
