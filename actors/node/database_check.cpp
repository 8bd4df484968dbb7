#include "actors/node/database_check.hpp"

#include "actors/node/start_errors.hpp"

namespace prism {

expected<void> check_database(db::connection& connection, int min_version) {
  const auto version = connection.server_version();
  if (version < min_version)
    return fail(errc::invalid, "PostgreSQL {}.{} is too old: prismd needs version {} or later",
                version / 10'000, version % 10'000, min_version / 10'000);
  const auto shown = connection.exec("SELECT current_setting('server_encoding')");
  if (!shown)
    return fail(code_at_start(shown.error()), "cannot read the encoding of the database: {}",
                shown.error().message);
  const std::string encoding{shown->get_text(0, 0)};
  if (encoding != "UTF8")
    return fail(errc::invalid,
                "the encoding of the database is {}, but prismd needs UTF8: create the database "
                "with ENCODING 'UTF8' TEMPLATE template0",
                encoding);
  return {};
}

} // namespace prism
