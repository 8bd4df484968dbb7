#include "tools/prismctl/command_line.hpp"

#include "tools/prismctl/command_words.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace prism::prismctl {

namespace {

[[nodiscard]] std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [stopped, problem] = std::from_chars(text.data(), end, value);
  return problem == std::errc{} && stopped == end ? std::optional{value} : std::nullopt;
}

/// Options with a value that every command has.
[[nodiscard]] std::string* text_option(command_line& out, std::string_view name) {
  if (name == "--certificate")
    return &out.certificate_file;
  if (name == "--key")
    return &out.key_file;
  if (name == "--authority")
    return &out.authority_file;
  if (name == "--expect-name")
    return &out.expected_name;
  if (name == "--cluster")
    return &out.cluster;
  return nullptr;
}

[[nodiscard]] expected<void> put(boost::json::object& to, const command_argument& as,
                                 std::string_view text) {
  if (!as.number) {
    to[as.field] = text;
    return {};
  }
  const auto number = number_of(text);
  if (!number)
    return fail(errc::invalid, "{} must be a number, not '{}'", as.name, text);
  to[as.field] = *number;
  return {};
}

/// The options of all commands: whether this command has them is looked at later.
[[nodiscard]] known_options all_options() {
  known_options out{{"--node", "--certificate", "--key", "--authority", "--expect-name",
                     "--cluster", "--timeout-ms"},
                    {"--json", "--help", "-h", "--version"}};
  for (const auto& form : all_forms())
    for (const auto& option : form.options)
      out.with_value.push_back(option.name);
  return out;
}

[[nodiscard]] expected<void> apply_words(command_line& out,
                                         std::span<const std::string_view> words) {
  const auto& wanted = out.form->words_after;
  if (words.size() > wanted.size())
    return fail(errc::invalid, "'{}' takes no argument '{}'", out.form->words,
                words[wanted.size()]);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (i >= words.size()) {
      if (wanted[i].required)
        return fail(errc::invalid, "'{}' needs {}", out.form->words, wanted[i].name);
      break;
    }
    if (auto done = put(out.arguments, wanted[i], words[i]); !done)
      return done;
  }
  return {};
}

[[nodiscard]] expected<void> apply_option(command_line& out, std::string_view name,
                                          std::string_view value) {
  if (name == "--node") {
    auto node = parse_node(value);
    if (!node)
      return tl::unexpected(node.error());
    out.nodes.push_back(std::move(*node));
    return {};
  }
  if (name == "--timeout-ms") {
    const auto number = number_of(value);
    if (!number || *number < 1 || *number > 600'000)
      return fail(errc::invalid, "--timeout-ms must be a number from 1 to 600000");
    out.timeout = std::chrono::milliseconds{*number};
    return {};
  }
  if (auto* text = text_option(out, name)) {
    *text = value;
    return {};
  }
  if (out.form != nullptr) {
    const auto found = std::ranges::find(out.form->options, name, &command_argument::name);
    if (found != out.form->options.end())
      return put(out.arguments, *found, value);
  }
  return fail(errc::invalid, "unknown option '{}'{}", name,
              out.form == nullptr ? "" : fmt::format(" of '{}'", out.form->words));
}

} // namespace

expected<node_address> parse_node(std::string_view text) {
  node_address out;
  std::string_view port;
  if (text.starts_with("[")) { // an IPv6 address
    const auto end = text.find(']');
    if (end == std::string_view::npos)
      return fail(errc::invalid, "'{}' is not HOST[:PORT]", text);
    out.host = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else {
    const auto colon = text.rfind(':');
    out.host = text.substr(0, colon);
    port = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
  }
  if (!port.empty()) {
    const auto number = number_of(port.substr(1));
    if (!port.starts_with(":") || !number || *number < 1 || *number > 65'535)
      return fail(errc::invalid, "'{}' is not HOST[:PORT]", text);
    out.port = static_cast<std::uint16_t>(*number);
  }
  if (out.host.empty())
    return fail(errc::invalid, "'{}' is not HOST[:PORT]", text);
  return out;
}

expected<command_line> parse_command_line(int argc, char** argv, const std::string& directory) {
  command_line out;
  const std::span<char* const> arguments(argv + 1, static_cast<std::size_t>(std::max(argc - 1, 0)));
  if (!arguments.empty() && std::string_view{arguments[0]} == "tls") {
    out.wanted = command_line::what::tls;
    out.rest.assign(arguments.begin() + 1, arguments.end());
    return out;
  }
  const std::vector<std::string_view> typed(arguments.begin(), arguments.end());
  const auto found = sort_words(typed, all_options());
  if (!found)
    return tl::unexpected(found.error());
  out.json = found->has("--json");
  if (found->has("--version")) {
    out.wanted = command_line::what::version;
    return out;
  }
  const std::vector<std::string_view> positional(found->positional.begin(),
                                                 found->positional.end());
  auto words = std::span<const std::string_view>(positional);
  const bool asks_help =
      found->has("--help") || found->has("-h") || words.empty() || words[0] == "help";
  if (!words.empty() && words[0] == "help")
    words = words.subspan(1);
  out.form = find_form(words);
  if (asks_help) {
    out.wanted = command_line::what::help;
    if (!words.empty() && out.form == nullptr) {
      if (help_of(words[0]).empty())
        return fail(errc::invalid, "there is no command '{}'", words[0]);
      out.group = words[0];
    }
    return out;
  }
  if (out.form == nullptr) {
    const auto longer = help_of(words[0]);
    return longer.empty() ? fail(errc::invalid, "there is no command '{}'", words[0])
                          : fail(errc::invalid, "'{}' needs a second word:\n{}", words[0], longer);
  }
  const std::size_t length = out.form->words.find(' ') == std::string_view::npos ? 1 : 2;
  if (auto done = apply_words(out, words.subspan(length)); !done)
    return tl::unexpected(done.error());
  out.certificate_file = directory + "/operator.crt";
  out.key_file = directory + "/operator.key";
  out.authority_file = directory + "/ca.crt";
  for (const auto& [name, values] : found->values)
    for (const auto& value : values)
      if (auto done = apply_option(out, name, value); !done)
        return tl::unexpected(done.error());
  for (const auto& option : out.form->options)
    if (option.required && !out.arguments.contains(option.field))
      return fail(errc::invalid, "'{}' needs {}: {}", out.form->words, option.name, option.help);
  if (out.nodes.empty())
    out.nodes.push_back({"127.0.0.1", 9465});
  return out;
}

} // namespace prism::prismctl
