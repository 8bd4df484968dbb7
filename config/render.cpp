#include "config/render.hpp"

#include "config/option_table.hpp"
#include "config/requests.hpp"
#include "core/version.hpp"

#include <fmt/format.h>
#include <sstream>

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

/// In lines of at most 80 characters, indented by six.
std::string wrapped(std::string_view text) {
  constexpr std::size_t width = 80;
  std::string out;
  std::string line;
  std::istringstream words{std::string(text)};
  for (std::string word; words >> word;) {
    if (!line.empty() && line.size() + 1 + word.size() > width) {
      out += line + "\n";
      line.clear();
    }
    line += (line.empty() ? "      " : " ") + word;
  }
  return out + line + "\n";
}

} // namespace

std::string help_text() {
  const options defaults;
  std::string text =
      "Usage: prismd [--NAME=VALUE]...\n\n"
      "Follows an atproto firehose and indexes it into PostgreSQL.\n"
      "Later sources override earlier ones: defaults, file, environment, command line.\n\n";
  for (const auto& row : request_rows())
    text += fmt::format("  {}\n{}", row.spelling, wrapped(row.help));
  text += "\n";
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
  const options defaults;
  std::string text = "; Options of prismd, in CAF's configuration syntax: NAME = NUMBER or "
                     "NAME = \"TEXT\".\n"
                     "; Environment and command line override this file; see prismd --help.\n";
  for (const auto& row : option_rows()) {
    const auto value = value_of(row, values);
    const auto usual = value_of(row, defaults);
    text += fmt::format(
        "\n; {}\n; allowed: {}; default: {}; environment: {}\n{} = {}\n", row.help, allowed(row),
        usual.empty() ? "\"\"" : usual, environment_names(row), row.name,
        is_number(row) ? value : quoted_value(row.secret ? mask_passwords(value) : value));
  }
  return text;
}

} // namespace prism::config
