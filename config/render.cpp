#include "config/render.hpp"

#include "config/option_table.hpp"
#include "core/version.hpp"

#include <fmt/format.h>

namespace prism::config {

namespace {

// A text in the form that CAF's parser reads.
std::string quoted_value(std::string_view text) {
  std::string out{'"'};
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += '\\';
    out += c;
  }
  return out + '"';
}

std::string environment_names(const option_row& row) {
  auto names = environment_name(row.name);
  if (!row.alias.empty())
    names += fmt::format(" or {}", row.alias);
  return names;
}

} // namespace

std::string help_text() {
  const options defaults;
  std::string text =
      "Usage: prismd [--NAME=VALUE]...\n\n"
      "Follows an atproto firehose and indexes it into PostgreSQL.\n"
      "Later sources override earlier ones: defaults, file, environment, command line.\n\n"
      "  --config-file=PATH\n"
      "      file to read; default: /etc/prism/prismd.conf if it exists; environment:\n"
      "      PRISM_CONFIG_FILE\n"
      "  --dump-config\n"
      "      print the options in effect as a configuration file, and exit\n"
      "  --print-statements\n"
      "      print the SQL statements as PREPARE commands, for psql, and exit\n"
      "  --begin-new-stream\n"
      "      forget where relay-url was read up to, because its sequence began anew, and exit;\n"
      "      what it sends from then on stands behind everything that is indexed\n"
      "  --help, -h\n"
      "  --version\n\n";
  for (const auto& row : option_rows()) {
    const auto value = value_of(row, defaults);
    text +=
        fmt::format("  --{}={}\n      {}\n      allowed: {}; environment: {}\n", row.name,
                    value.empty() ? "\"\"" : value, row.help, allowed(row), environment_names(row));
  }
  return text;
}

std::string version_text() {
  return fmt::format("prismd {} ({})\n", version(), revision());
}

std::string dump(const options& values) {
  std::string text = "; Options of prismd, in CAF's configuration syntax: NAME = NUMBER or "
                     "NAME = \"TEXT\".\n"
                     "; Environment and command line override this file; see prismd --help.\n";
  for (const auto& row : option_rows()) {
    const auto value = value_of(row, values);
    text += fmt::format("\n; {}\n; allowed: {}; environment: {}\n{} = {}\n", row.help, allowed(row),
                        environment_names(row), row.name,
                        is_number(row) ? value
                                       : quoted_value(row.secret ? mask_passwords(value) : value));
  }
  return text;
}

} // namespace prism::config
