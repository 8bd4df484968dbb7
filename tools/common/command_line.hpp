#pragma once

#include "core/error.hpp"

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/value_semantic.hpp>
#include <charconv>
#include <cstddef>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// The command lines of the tools: long options, as --NAME=VALUE or --NAME VALUE. An option stores
/// its value when it is read, so of several values the last one counts.
namespace prism::tools {

using option_table = boost::program_options::options_description;
/// How an option takes its value; the table into which it is put owns it.
using option_value = boost::program_options::typed_value<std::string>;
/// Stores a value, or says why not, without the name of the option.
using setter = std::function<expected<void>(const std::string&)>;

/// An option whose value is called `form` in the help.
[[nodiscard]] option_value* value(const std::string& form, setter set);

/// An option without a value that sets `into`.
[[nodiscard]] option_value* flag(bool& into, bool to = true);

[[nodiscard]] option_value* text(const std::string& form, std::string& into);

/// An option whose value `read` makes of the text; `read` returns an `expected`.
template <class Read, class Value>
[[nodiscard]] option_value* read_by(Read read, const std::string& form, Value& into) {
  return value(form, [read, &into](const std::string& text) -> expected<void> {
    return read(text).map([&into](auto&& made) { into = std::forward<decltype(made)>(made); });
  });
}

/// Error: `errc::invalid` with the text and the range.
template <class Number>
[[nodiscard]] expected<Number> read_number(std::string_view text,
                                           Number least = std::numeric_limits<Number>::lowest(),
                                           Number most = std::numeric_limits<Number>::max()) {
  Number number{};
  const auto* end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, number);
  if (problem != std::errc{} || rest != end || !(number >= least && number <= most))
    return fail(errc::invalid, "'{}' is not a number in {}..{}", text, least, most);
  return number;
}

/// An option whose value is a number in `least`..`most`.
template <class Number>
[[nodiscard]] option_value*
number(Number& into, std::type_identity_t<Number> least = std::numeric_limits<Number>::lowest(),
       std::type_identity_t<Number> most = std::numeric_limits<Number>::max()) {
  return read_by([=](const std::string& text) { return read_number(text, least, most); }, "N",
                 into);
}

/// Reads a command line with the options of `known` and --help. @returns what is no option, in
/// order. Errors: `errc::invalid` naming the option that is unknown or wrong, or the first word
/// after `most_words`; `errc::cancelled` if --help was given, with `help` as its message, in which
/// the options are put in place of {}.
[[nodiscard]] expected<std::vector<std::string>>
read_command_line(int argc, const char* const* argv, option_table& known, const std::string& help,
                  std::size_t most_words = 0);

/// Says why a program does not start with its work: prints the help, or what is wrong with the
/// command line. @returns the exit code: 0, or `exit_usage`
[[nodiscard]] int end_early(std::string_view program, const error& why, int exit_usage);

} // namespace prism::tools
