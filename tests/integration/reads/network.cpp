#include "tests/integration/reads/network.hpp"

#include "db/reads/reader_plans.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"

#include <fstream>
#include <iterator>

namespace prism::test {

namespace {

[[nodiscard]] std::string text_of(const char* path) {
  std::ifstream file(path);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace

db::connection& synthetic_network() {
  static db::connection on = [] {
    auto out = connect_to(pg_fixture::kept_database("two_million_rows", [](const auto& empty) {
      auto made = connect_to(empty);
      // Two million rows take minutes on a machine that is busy with other builds.
      made.set_deadline(db::connection::no_deadline);
      must(made.exec_script(text_of(PRISM_SOURCE_DIR "/bench/reads/fill.sql")));
      // The state that autovacuum produces.
      must(made.exec_script("VACUUM ANALYZE"));
    }));
    must(reads::set_reader_plans(out));
    return out;
  }();
  return on;
}

} // namespace prism::test
