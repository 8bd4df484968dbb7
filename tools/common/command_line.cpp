#include "command_line.hpp"

#include <boost/program_options/parsers.hpp>
#include <boost/program_options/variables_map.hpp>
#include <cstdio>
#include <exception>
#include <sstream>

namespace prism::tools {

namespace {

namespace po = boost::program_options;

// Leaves `xparse` for Boost, which adds the name of the option.
struct refused_value : po::error_with_option_name {
  explicit refused_value(std::string because)
      : error_with_option_name(""), why(std::move(because)) {}
  std::string why;
};

class set_value final : public option_value {
public:
  explicit set_value(setter set) : option_value(nullptr), set_(std::move(set)) {}
  void xparse(boost::any&, const std::vector<std::string>& values) const override {
    if (auto done = set_(values.empty() ? std::string{} : values.back()); !done)
      throw refused_value(std::move(done.error().message));
  }

private:
  setter set_;
};

} // namespace

option_value* value(const std::string& form, setter set) {
  return (new set_value(std::move(set)))->value_name(form);
}

option_value* flag(bool& into, bool to) {
  return value("",
               [&into, to](const std::string&) -> expected<void> {
                 into = to;
                 return {};
               })
      ->zero_tokens();
}

option_value* text(const std::string& form, std::string& into) {
  return value(form, [&into](const std::string& text) -> expected<void> {
    into = text;
    return {};
  });
}

expected<std::vector<std::string>> read_command_line(int argc, const char* const* argv,
                                                     option_table& known, const std::string& help,
                                                     std::size_t most_words) try {
  using namespace po::command_line_style;
  bool asked = false;
  known.add_options()("help", flag(asked), "this text");
  const auto parsed = po::command_line_parser(argc, argv)
                          .options(known)
                          .style(allow_long | long_allow_adjacent | long_allow_next)
                          .run();
  po::variables_map unused;
  po::store(parsed, unused);
  auto words = po::collect_unrecognized(parsed.options, po::include_positional);
  if (words.size() > most_words)
    return fail(errc::invalid, "unexpected argument '{}'", words[most_words]);
  if (asked)
    return fail(errc::cancelled, fmt::runtime(help), (std::ostringstream{} << known).str());
  return words;
} catch (const po::unknown_option& e) {
  // Without what(): it puts a name into Boost's template for ever if the name holds a placeholder.
  return fail(errc::invalid, "unrecognised option '{}'", e.get_option_name());
} catch (const refused_value& e) {
  return fail(errc::invalid, "{}: {}", e.get_option_name(), e.why);
} catch (const std::exception& e) {
  return fail(errc::invalid, "{}", e.what());
}

int end_early(std::string_view program, const error& why, int exit_usage) {
  if (why.code == errc::cancelled) {
    fmt::print("{}", why.message);
    return 0;
  }
  fmt::print(stderr, "{0}: {1}\nTry '{0} --help'.\n", program, why.message);
  return exit_usage;
}

} // namespace prism::tools
