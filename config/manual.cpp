#include "config/manual.hpp"

#include "config/option_table.hpp"
#include "config/requests.hpp"
#include "core/version.hpp"

#include <fmt/format.h>
#include <sstream>

namespace prism::config {

namespace {

constexpr std::string_view summary = "index the atproto firehose into PostgreSQL";

/// Text that roff shows as it is.
[[nodiscard]] std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool begins_line = out.empty() || out.back() == '\n';
    if (begins_line && (c == '.' || c == '\''))
      out += "\\&";
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return out;
}

[[nodiscard]] std::string header(std::string_view name, std::string_view section,
                                 std::string_view what) {
  std::string capitals;
  for (const char c : name)
    capitals += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return fmt::format(".TH {} {} \"\" \"Prism {}\" \"\"\n.SH NAME\n{} \\- {}\n", capitals, section,
                     version(), name, escaped(what));
}

} // namespace

std::string manual_page() {
  const options defaults;
  auto text = header("prismd", "8", summary);
  text += ".SH SYNOPSIS\n.B prismd\n[\\fB\\-\\-\\fINAME\\fR=\\fIVALUE\\fR]...\n"
          ".SH DESCRIPTION\nFollows an atproto firehose and indexes it into PostgreSQL.\n"
          "Later sources override earlier ones: defaults, file, environment, command line.\n"
          "In the file an option is written NAME = NUMBER or NAME = \"TEXT\".\n"
          ".SH REQUESTS\n";
  for (const auto& row : request_rows())
    text += fmt::format(".TP\n.B {}\n{}\n", escaped(row.spelling), escaped(row.help));
  text += ".SH OPTIONS\n";
  for (const auto& row : option_rows()) {
    const auto value = value_of(row, defaults);
    text +=
        fmt::format(".TP\n.B \\-\\-{}\\fR=\\fIVALUE\n{}.\nAllowed: {}.\nDefault: {}.\n"
                    "Environment: {}{}.\n",
                    escaped(row.name), escaped(row.help), escaped(allowed(row)),
                    value.empty() ? "nothing" : escaped(value), escaped(environment_name(row.name)),
                    row.alias.empty() ? "" : " or " + escaped(row.alias));
  }
  text += ".SH FILES\n.TP\n.I /etc/prism/prismd.conf\nthe options of the service\n"
          ".TP\n.I /usr/share/doc/prism/OPERATIONS.md\n"
          "signals, exit codes, and links to the other pages for operators\n"
          ".TP\n.I /usr/share/doc/prism/LOG.md\n"
          "the lines of the log and what to do\n";
  return text;
}

std::string bash_completion() {
  std::string words;
  std::string cases;
  for (const auto& row : request_rows()) {
    const auto end = row.spelling.find_first_of("=,");
    words += fmt::format(" {}{}", row.spelling.substr(0, end),
                         end != row.spelling.npos && row.spelling[end] == '=' ? "=" : "");
  }
  for (const auto& row : option_rows()) {
    words += fmt::format(" --{}=", row.name);
    if (row.words.empty())
      continue;
    cases += fmt::format("  --{})\n    COMPREPLY=($(compgen -W '{}' -- \"$value\"))\n    ;;\n",
                         row.name, fmt::join(row.words, " "));
  }
  return "# Made from the table of options. bash splits words at \"=\".\n"
         "_prismd() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} name= value=\n"
         "  COMPREPLY=()\n"
         "  if [[ $cur == = ]]; then\n"
         "    name=${COMP_WORDS[COMP_CWORD - 1]}\n"
         "  elif ((COMP_CWORD > 2)) && [[ ${COMP_WORDS[COMP_CWORD - 1]} == = ]]; then\n"
         "    name=${COMP_WORDS[COMP_CWORD - 2]} value=$cur\n"
         "  fi\n"
         "  case $name in\n"
         "  '')\n"
         "    COMPREPLY=($(compgen -W '" +
         words.substr(1) +
         "' -- \"$cur\"))\n"
         "    [[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace\n"
         "    ;;\n" +
         cases +
         "  --config-file | --ca-file | --data-dir)\n"
         "    COMPREPLY=($(compgen -f -- \"$value\"))\n"
         "    ;;\n"
         "  esac\n"
         "}\n"
         "complete -F _prismd prismd\n";
}

std::string manual_page_of_help(std::string_view name, std::string_view section,
                                std::string_view summary, std::string_view help) {
  auto text = header(name, section, summary) + ".SH DESCRIPTION\n.nf\n";
  std::istringstream lines{std::string(help)};
  for (std::string line; std::getline(lines, line);)
    text += escaped(line) + "\n";
  return text + ".fi\n";
}

} // namespace prism::config
