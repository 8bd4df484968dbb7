#include "tests/support/test_server.hpp"

#include "tests/support/server_file.hpp"

#include <csignal>
#include <stdexcept>

namespace prism::test {

test_server::test_server(int max_connections) {
  db::embedded_options options;
  options.directory = directory_.path() / "pg";
  options.database = admin_database_name;
  options.death_signal = SIGQUIT; // nobody will read this data again
  options.initdb_arguments = {"--no-sync"};
  options.settings = {{"fsync", "off"},
                      {"full_page_writes", "off"},
                      {"shared_buffers", "32MB"},
                      {"max_connections", std::to_string(max_connections)},
                      {"max_prepared_transactions", "4"},
                      {"deadlock_timeout", "50ms"}};
  auto started = db::embedded_postgres::start(std::move(options));
  if (!started)
    throw std::runtime_error("the test's PostgreSQL: " + started.error().message);
  server_.emplace(std::move(*started));
}

} // namespace prism::test
