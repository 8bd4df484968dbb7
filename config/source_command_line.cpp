#include "config/option_table.hpp"
#include "config/sources.hpp"

namespace prism::config {

expected<command_line> read_command_line(std::span<const std::string_view> arguments) {
  command_line result;
  for (const auto argument : arguments) {
    if (argument == "--help" || argument == "-h") {
      result.help = true;
    } else if (argument == "--version") {
      result.version = true;
    } else if (argument == "--dump-config") {
      result.dump = true;
    } else if (argument == "--print-statements") {
      result.print_statements = true;
    } else if (argument == "--begin-new-stream") {
      result.begin_new_stream = true;
    } else {
      const auto equals = argument.find('=');
      const bool is_option = argument.substr(0, 2) == "--" && argument.size() > 2 && equals != 2;
      if (!is_option)
        return fail(errc::invalid, "unexpected argument '{}'; options are of the form --NAME=VALUE",
                    argument);
      const auto name = argument.substr(2, equals == std::string_view::npos ? equals : equals - 2);
      const bool is_known =
          name == "config-file" || find_row(name) != nullptr || find_retired(name) != nullptr;
      if (equals == std::string_view::npos && is_known)
        return fail(errc::invalid, "option {} needs a value: --{}=VALUE", argument, name);
      const auto value =
          equals == std::string_view::npos ? std::string_view{} : argument.substr(equals + 1);
      if (name == "config-file")
        result.config_file = value;
      else
        result.settings.push_back(
            {std::string(name), std::string(value), fmt::format("command line, --{}", name)});
    }
  }
  return result;
}

} // namespace prism::config
