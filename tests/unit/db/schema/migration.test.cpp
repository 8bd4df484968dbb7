#include "db/schema/migration.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace prism::db;
using Catch::Contains;

namespace {

constexpr migration first{1, "one", "create table one ()"};
constexpr migration second{2, "two", "create table two ()"};
constexpr migration third{3, "three", "create table three ()"};

applied_migration applied(const migration& step) {
  return {step.version, std::string(step.name), checksum(step)};
}

std::string refusal(std::vector<migration> known, std::vector<applied_migration> done) {
  const auto answer = pending_migrations(known, done);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().sqlstate == "55000");
  CHECK(answer.error().cls == error_class::fatal);
  return answer.error().message;
}

} // namespace

TEST_CASE("the pending migrations are those after the applied ones") {
  const std::vector known{first, second, third};
  CHECK(pending_migrations(known, {}).value().size() == 3);
  const std::vector two{applied(first), applied(second)};
  const auto pending = pending_migrations(known, two).value();
  REQUIRE(pending.size() == 1);
  CHECK(pending[0].label() == "0003_three");
  const std::vector all{applied(first), applied(second), applied(third)};
  CHECK(pending_migrations(known, all).value().empty());
}

TEST_CASE("a changed migration is named") {
  constexpr migration changed{2, "two", "create table two () "};
  CHECK_THAT(refusal({first, changed, third}, {applied(first), applied(second)}),
             Contains("0002_two was changed"));
}

TEST_CASE("a renamed migration is named") {
  constexpr migration renamed{2, "zwei", "create table two ()"};
  CHECK_THAT(refusal({first, renamed}, {applied(first), applied(second)}),
             Contains("0002_two") && Contains("0002_zwei"));
}

TEST_CASE("a migration of a newer program is named") {
  CHECK_THAT(refusal({first}, {applied(first), applied(second)}),
             Contains("0002_two") && Contains("newer program"));
}

TEST_CASE("a gap in the database is named") {
  CHECK_THAT(refusal({first, second, third}, {applied(first), applied(third)}),
             Contains("0003_three") && Contains("0002_two is not"));
}

TEST_CASE("a gap in the program is named") {
  CHECK_THAT(refusal({first, third}, {}), Contains("0002 is missing") && Contains("0003_three"));
  CHECK_THAT(refusal({second}, {}), Contains("0001 is missing"));
}

TEST_CASE("only the exact marker in the first line means no transaction") {
  CHECK_FALSE(migration{1, "a", "-- prism: no-transaction\nselect 1"}.in_transaction());
  CHECK_FALSE(migration{1, "a", "-- prism: no-transaction  \r\nselect 1"}.in_transaction());
  CHECK(migration{1, "a", "select 1\n-- prism: no-transaction"}.in_transaction());
  CHECK(migration{1, "a", "-- prism: no-transactions\n"}.in_transaction());
  CHECK(migration{1, "a", ""}.in_transaction());
}

TEST_CASE("the embedded migrations are the files, byte for byte, in order") {
  namespace fs = std::filesystem;
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(PRISM_SOURCE_DIR) / "migrations"))
    files += entry.path().extension() == ".sql" ? 1 : 0;
  const auto steps = embedded_migrations();
  REQUIRE(steps.size() == files);
  CHECK(pending_migrations(steps, {}).has_value());
  for (const auto& step : steps) {
    std::ifstream in(fs::path(PRISM_SOURCE_DIR) / "migrations" / (step.label() + ".sql"),
                     std::ios::binary);
    REQUIRE(in);
    CHECK(step.sql == std::string(std::istreambuf_iterator<char>(in), {}));
  }
}

TEST_CASE("statements are split where the server ends them") {
  using list = std::vector<std::string_view>;
  CHECK(split_statements("").empty());
  CHECK(split_statements(" ; ;; -- nothing\n /* ; */ ").empty());
  CHECK(split_statements("select 1") == list{"select 1"});
  CHECK(split_statements("-- why\nselect 1;\nselect 2;") == list{"select 1", "select 2"});
  CHECK(split_statements("select ';', 'it''s;', \"a;b\"; x") ==
        list{"select ';', 'it''s;', \"a;b\"", "x"});
  CHECK(split_statements(R"(select E'\';'; select '\'; y)") ==
        list{R"(select E'\';')", R"(select '\')", "y"});
  CHECK(split_statements("do $$ begin a; b; end $$; do $x$ $$;$y$ $x$; z") ==
        list{"do $$ begin a; b; end $$", "do $x$ $$;$y$ $x$", "z"});
  CHECK(split_statements("a /* ; /* ; */ ; */ b; c -- ; d\n e") ==
        list{"a /* ; /* ; */ ; */ b", "c -- ; d\n e"});
  CHECK(split_statements("execute p($1); q") == list{"execute p($1)", "q"});
  // An unclosed quote or comment is one statement; the server reports the error.
  CHECK(split_statements("select 'open; x").size() == 1);
  CHECK(split_statements("do $$ open; x").size() == 1);
  CHECK(split_statements("a /* open; x").size() == 1);
  CHECK(split_statements("$").size() == 1);
}
