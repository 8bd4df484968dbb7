#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace prism::prismctl {

/// A word or an option of a command, and the field of the request that it fills.
struct command_argument {
  std::string_view name;  ///< SUBJECT, or --limit
  std::string_view field; ///< of the request's JSON
  bool number{false};
  bool required{false};
  std::string_view help{};
  std::string_view value{}; ///< of an option: what stands for it in the help; empty: N
};

/// One command as typed.
struct command_form {
  std::string_view words; ///< one word or two
  std::string_view asks;  ///< the node's command; empty: prismctl does it by itself
  std::string_view help;
  std::vector<command_argument> words_after{};
  std::vector<command_argument> options{};
  bool acts{false}; ///< needs --why
};

/// All commands, in the order of `--help`.
[[nodiscard]] std::span<const command_form> all_forms();

/// The command that the words begin with, the longer one first; null: none.
[[nodiscard]] const command_form* find_form(std::span<const std::string_view> words);

/// The command with all its arguments: "pause PART [--seconds N] --why REASON".
[[nodiscard]] std::string synopsis(const command_form& form);

/// What `prismctl --help` and `prismctl help COMMAND` print.
[[nodiscard]] std::string general_help();
[[nodiscard]] std::string help_of(const command_form& form);
/// Of the commands that begin with this word; empty: there is none.
[[nodiscard]] std::string help_of(std::string_view first_word);

/// A completion script for bash.
[[nodiscard]] std::string bash_completion();

} // namespace prism::prismctl
