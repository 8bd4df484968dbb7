#include "core/version.hpp"
#include "tools/prismctl/command_line.hpp"
#include "tools/prismctl/run.hpp"
#include "tools/prismctl/tls_command.hpp"

#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>

// prismctl: looks into running nodes from another machine, and changes what they do. Exit codes:
// 0 done, 1 failed, 2 wrong usage.

namespace {

[[nodiscard]] std::string settings_directory() {
  if (const auto* named = std::getenv("PRISMCTL_DIR"))
    return named;
  const auto* home = std::getenv("HOME");
  return std::string{home != nullptr ? home : "."} + "/.config/prismctl";
}

} // namespace

int main(int argc, char** argv) {
  using namespace prism::prismctl;
  const auto line = parse_command_line(argc, argv, settings_directory());
  if (!line) {
    fmt::print(stderr, "prismctl: {}; see prismctl --help\n", line.error().message);
    return 2;
  }
  switch (line->wanted) {
  case command_line::what::help:
    fmt::print("{}", line->form != nullptr  ? help_of(*line->form)
                     : !line->group.empty() ? help_of(line->group)
                                            : general_help());
    return 0;
  case command_line::what::version:
    fmt::print("prismctl {} ({})\n", prism::version(), prism::revision());
    return 0;
  case command_line::what::tls: {
    const std::vector<std::string_view> words(line->rest.begin(), line->rest.end());
    return tls_command(words);
  }
  case command_line::what::run:
    break;
  }
  return run(*line);
}
