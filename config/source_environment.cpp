#include "config/option_table.hpp"
#include "config/sources.hpp"

#include <algorithm>

namespace prism::config {

namespace {

constexpr std::string_view prefix = "PRISM_";
constexpr std::string_view config_file_variable = "PRISM_CONFIG_FILE";

/// The option, retired ones included, that the variable sets; empty if it sets none.
std::string_view option_of(std::string_view variable) {
  for (const auto& row : option_rows())
    if (environment_name(row.name) == variable)
      return row.name;
  for (const auto& retired : retired_options())
    if (environment_name(retired.name) == variable)
      return retired.name;
  return {};
}

/// The option that has the variable as its alias; empty if none has.
std::string_view option_with_alias(std::string_view variable) {
  const auto rows = option_rows();
  const auto found = std::ranges::find(rows, variable, &option_row::alias);
  return found == rows.end() ? std::string_view{} : found->name;
}

setting from_variable(std::string_view option, std::string_view variable, std::string_view value) {
  return {std::string(option), std::string(value),
          fmt::format("environment variable {}", variable)};
}

std::string variable_names() {
  std::string names{config_file_variable};
  for (const auto& row : option_rows())
    names += " " + environment_name(row.name);
  return names;
}

} // namespace

expected<environment_settings> read_environment(std::span<const std::string_view> environment) {
  environment_settings result;
  std::vector<setting> by_alias;
  std::vector<setting> by_name;
  for (const auto entry : environment) {
    const auto equals = entry.find('=');
    if (equals == 0 || equals == std::string_view::npos)
      continue;
    const auto name = entry.substr(0, equals);
    const auto value = entry.substr(equals + 1);
    if (name == config_file_variable) {
      result.config_file = value;
    } else if (name.substr(0, prefix.size()) == prefix) {
      const auto option = option_of(name);
      if (option.empty())
        return fail(errc::invalid,
                    "environment variable {} is not an option; known variables are {}", name,
                    variable_names());
      by_name.push_back(from_variable(option, name, value));
    } else if (const auto option = option_with_alias(name); !option.empty()) {
      by_alias.push_back(from_variable(option, name, value));
    }
  }
  result.settings = std::move(by_alias);
  result.settings.insert(result.settings.end(), std::make_move_iterator(by_name.begin()),
                         std::make_move_iterator(by_name.end()));
  return result;
}

} // namespace prism::config
