#include "config/option_table.hpp"
#include "config/sources.hpp"

#include <algorithm>

namespace prism::config {

namespace {

constexpr std::string_view prefix = "PRISM_";
constexpr std::string_view config_file_variable = "PRISM_CONFIG_FILE";

template <class NameOf>
const option_row* row_with(std::string_view variable, NameOf name_of) {
  const auto rows = option_rows();
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const option_row& row) { return name_of(row) == variable; });
  return found == rows.end() ? nullptr : &*found;
}

setting from_variable(const option_row& row, std::string_view name, std::string_view value) {
  return {std::string(row.name), std::string(value), fmt::format("environment variable {}", name)};
}

std::string all_names() {
  std::string names{config_file_variable};
  for (const auto& row : option_rows())
    names += " " + environment_name(row);
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
      const auto* row = row_with(name, [](const auto& r) { return environment_name(r); });
      if (row == nullptr)
        return fail(errc::invalid, "environment variable {} is not a setting; known are {}", name,
                    all_names());
      by_name.push_back(from_variable(*row, name, value));
    } else if (const auto* row = row_with(name, [](const auto& r) { return r.alias; })) {
      by_alias.push_back(from_variable(*row, name, value));
    }
  }
  result.settings = std::move(by_alias);
  result.settings.insert(result.settings.end(), std::make_move_iterator(by_name.begin()),
                         std::make_move_iterator(by_name.end()));
  return result;
}

} // namespace prism::config
