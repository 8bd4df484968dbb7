#include "config/parse.hpp"

#include "config/option_table.hpp"
#include "config/render.hpp"
#include "config/sources.hpp"

#include <algorithm>
#include <system_error>
#include <vector>

namespace prism::config {

namespace {

tl::unexpected<parse_failure> failure(error why, int exit_code) {
  return tl::unexpected(parse_failure{std::move(why), exit_code});
}

std::string option_names() {
  std::string names;
  for (const auto& row : option_rows())
    names += (names.empty() ? "" : " ") + std::string(row.name);
  return names;
}

void warn_once(std::vector<std::string>& warnings, const retired_option& retired,
               const std::string& origin) {
  const auto subject = fmt::format("option {} no longer exists", retired.name);
  if (std::ranges::none_of(warnings, [&](const auto& line) { return line.starts_with(subject); }))
    warnings.push_back(fmt::format("{}: {}; remove it ({})", subject, retired.reason, origin));
}

expected<void> apply(const std::vector<setting>& settings, parse_result& result) {
  for (const auto& given : settings) {
    if (const auto* retired = find_retired(given.name)) {
      warn_once(result.warnings, *retired, given.origin);
      continue;
    }
    const auto* row = find_row(given.name);
    if (row == nullptr)
      return fail(errc::invalid, "{}: '{}' is not an option; known options are {}", given.origin,
                  given.name, option_names());
    if (auto done = assign(*row, given.value, result.values); !done)
      return fail(errc::invalid, "{}: {}", given.origin, done.error().message);
  }
  return {};
}

// The file named on the command line, else in the environment, else the default one if it exists.
expected<std::vector<setting>> file_settings(const command_line& arguments,
                                             const environment_settings& environment,
                                             const std::filesystem::path& default_file) {
  if (arguments.config_file)
    return read_file(*arguments.config_file);
  if (environment.config_file)
    return read_file(*environment.config_file);
  std::error_code ignored;
  if (std::filesystem::exists(default_file, ignored))
    return read_file(default_file);
  return std::vector<setting>{};
}

} // namespace

tl::expected<parse_result, parse_failure> parse(std::span<const std::string_view> arguments,
                                                std::span<const std::string_view> environment,
                                                const std::filesystem::path& default_file) {
  const auto from_arguments = read_command_line(arguments);
  if (!from_arguments)
    return failure(from_arguments.error(), exit_usage);
  if (from_arguments->help)
    return parse_result{.what = action::help, .text = help_text()};
  if (from_arguments->version)
    return parse_result{.what = action::version, .text = version_text()};
  if (from_arguments->print_statements)
    return parse_result{.what = action::print_statements};

  const auto from_environment = read_environment(environment);
  if (!from_environment)
    return failure(from_environment.error(), exit_config);
  const auto from_file = file_settings(*from_arguments, *from_environment, default_file);
  if (!from_file)
    return failure(from_file.error(), exit_config);

  parse_result result;
  if (auto applied = apply(*from_file, result); !applied)
    return failure(applied.error(), exit_config);
  if (auto applied = apply(from_environment->settings, result); !applied)
    return failure(applied.error(), exit_config);
  if (auto applied = apply(from_arguments->settings, result); !applied)
    return failure(applied.error(), exit_usage);
  if (auto valid = check_together(result.values); !valid)
    return failure(valid.error(), exit_config);
  if (from_arguments->begin_new_stream)
    result.what = action::begin_new_stream;
  if (from_arguments->dump) {
    result.what = action::dump;
    result.text = dump(result.values);
  }
  return result;
}

tl::expected<parse_result, parse_failure> parse(int argc, const char* const* argv,
                                                const char* const* environment) {
  const std::vector<std::string_view> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  std::vector<std::string_view> variables;
  for (; environment != nullptr && *environment != nullptr; ++environment)
    variables.emplace_back(*environment);
  return parse(arguments, variables);
}

} // namespace prism::config
