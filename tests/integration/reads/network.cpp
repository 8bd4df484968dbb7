#include "tests/integration/reads/network.hpp"

#include "db/schema/migrator.hpp"
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
    auto made = connect_to(pg_fixture::fresh_database());
    REQUIRE(db::migrate(made));
    must(made.exec_script(text_of(PRISM_SOURCE_DIR "/bench/reads/fill.sql")));
    // The state that autovacuum produces.
    must(made.exec_script("VACUUM ANALYZE"));
    return made;
  }();
  return on;
}

} // namespace prism::test
