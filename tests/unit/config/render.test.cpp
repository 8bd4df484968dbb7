#include "config/render.hpp"
#include "config/option_table.hpp"
#include "config/parse.hpp"
#include "config/sources.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

using namespace prism::config;
using Catch::Contains;
using words = std::vector<std::string_view>;

namespace {

options read_back(const std::string& text) {
  options values;
  const auto settings = read_file_text(text, "dump");
  REQUIRE(settings);
  for (const auto& given : *settings)
    REQUIRE(assign(*find_row(given.name), given.value, values));
  REQUIRE(settings->size() == option_rows().size());
  return values;
}

} // namespace

TEST_CASE("the documented file in the repository is the dump of the defaults") {
  std::ifstream file(PRISM_SOURCE_DIR "/config/prismd.conf");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  CHECK(text == dump({}));
  CHECK(parse(words{}, words{}, PRISM_SOURCE_DIR "/config/prismd.conf")->values == options{});
}

TEST_CASE("a dump reads back as the options it was made from") {
  options values;
  values.start_cursor = 77;
  values.shards = 9;
  values.ca_file = R"(/odd "path"\with; signs)";
  values.verify_deletions = false;
  values.log_level = log_level::off;
  values.log_format = log_format::json;
  values.until_caught_up = std::chrono::milliseconds{2500};
  CHECK(read_back(dump(values)) == values);
  CHECK(read_back(dump({})) == options{});
}

TEST_CASE("dump, help, version and statements are requested on the command line") {
  const auto dumped = parse(words{"--dump-config", "--shards=9"}, words{}, "");
  REQUIRE(dumped);
  CHECK(dumped->what == action::dump);
  CHECK_THAT(dumped->text, Contains("\nshards = 9\n"));
  // An invalid environment must not hide the help that explains how to correct it.
  const auto anew = parse(words{"--begin-new-stream", "--shards=9"}, words{}, "");
  REQUIRE(anew);
  CHECK(anew->what == action::begin_new_stream);
  CHECK(anew->values.shards == 9);
  const auto help = parse(words{"--help"}, words{"PRISM_NONSENSE=1"}, "");
  REQUIRE(help);
  CHECK(help->what == action::help);
  const auto version = parse(words{"--version"}, words{}, "");
  REQUIRE(version);
  CHECK(version->what == action::version);
  const auto statements = parse(words{"--print-statements"}, words{"PRISM_NONSENSE=1"}, "");
  REQUIRE(statements);
  CHECK(statements->what == action::print_statements);
  CHECK_THAT(version->text, Catch::Matches("prismd [0-9]+\\.[0-9]+\\.[0-9]+ \\([0-9a-z]+\\)\n"));
}

TEST_CASE("the help text has name, default, range and environment of every option") {
  const auto text = help_text();
  for (const auto& row : option_rows()) {
    const auto value = value_of(row, {});
    CHECK_THAT(text, Contains("--" + std::string(row.name) + "=" +
                              (value.empty() ? "\"\"" : value) + "\n"));
    CHECK_THAT(text, Contains(environment_name(row.name)));
    CHECK_THAT(text, Contains(allowed(row)));
  }
}

TEST_CASE("names are unique and every default is allowed") {
  std::set<std::string_view> names;
  options copy;
  for (const auto& row : option_rows()) {
    INFO(row.name);
    CHECK(names.insert(row.name).second);
    CHECK(find_retired(row.name) == nullptr);
    CHECK(assign(row, value_of(row, {}), copy));
  }
  CHECK(copy == options{});
  CHECK(check_together({}));
}

TEST_CASE("no password survives masking") {
  for (const auto& [text, expected] : std::vector<std::pair<std::string, std::string>>{
           {"", ""},
           {"postgresql://h/db", "postgresql://h/db"},
           {"postgresql://u@h:5432/db", "postgresql://u@h:5432/db"},
           {"postgresql://u:p@h:5432/db", "postgresql://u:***@h:5432/db"},
           {"postgresql://u:p@ss/w@h/db", "postgresql://u:***@h/db"},
           {"postgresql://h/db?user=u&password=p&x=1", "postgresql://h/db?user=u&password=***&x=1"},
           {"host=h password=p dbname=d", "host=h password=*** dbname=d"},
           {"password = 'p \\' q' host=h", "password = *** host=h"},
           {"sslpassword=p password=q", "sslpassword=*** password=***"},
           {"host=password dbname=d", "host=password dbname=d"}})
    CHECK(mask_passwords(text) == expected);
  options values;
  values.database_url = "postgresql://u:hunter2@h/db";
  CHECK_THAT(dump(values), !Contains("hunter2") && Contains("u:***@h"));
}
