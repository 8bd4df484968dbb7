#pragma once

#include "core/error.hpp"

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace prism::prismctl {

/// The words of a command, sorted.
struct command_words {
  /// Words that are neither options nor their values.
  std::vector<std::string> positional;
  /// Values by option, in their order: `--host a --host=b`.
  std::map<std::string, std::vector<std::string>, std::less<>> values;
  /// Options without a value: `--force`.
  std::set<std::string, std::less<>> flags;

  [[nodiscard]] bool has(std::string_view flag) const { return flags.contains(flag); }
  /// The last value of an option, else `otherwise`.
  [[nodiscard]] std::string value(std::string_view option, std::string_view otherwise) const;
  /// All values of an option.
  [[nodiscard]] std::vector<std::string> all(std::string_view option) const;
};

/// The options that a command knows, with their dashes.
struct known_options {
  std::vector<std::string_view> with_value;
  std::vector<std::string_view> flags;
};

/// Sorts the words of a command; "--" ends the options. Error: `errc::invalid` naming an unknown
/// option, one that lacks its value, or a flag that has one.
[[nodiscard]] expected<command_words> sort_words(std::span<const std::string_view> words,
                                                 const known_options& known);

/// "--help" is among the words.
[[nodiscard]] bool asks_for_help(std::span<const std::string_view> words);

} // namespace prism::prismctl
