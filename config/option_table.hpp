#pragma once

#include "config/options.hpp"
#include "core/error.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace prism::config {

/// One option: the single source for help, dump, file, environment, command line and validation.
struct option_row {
  using member = std::variant<bool options::*, std::uint64_t options::*,
                              std::chrono::milliseconds options::*, std::chrono::seconds options::*,
                              std::string options::*, std::optional<std::int64_t> options::*,
                              log_level options::*, log_format options::*>;

  /// Checks a text value; null accepts any.
  using text_check = bool (*)(std::string_view);

  /// Name in the file, and after "--" on the command line.
  std::string_view name;
  /// What it does, for `--help`.
  std::string_view help;
  /// Where the value is stored; its type decides the syntax.
  member field;
  /// Smallest and largest number, in the unit of the name. For numbers.
  std::uint64_t min{0};
  std::uint64_t max{std::numeric_limits<std::int64_t>::max()};
  /// The spellings of a bool, the one for true first, or of an enum, in the order of its values.
  std::span<const std::string_view> words{};
  /// What a text may be, for messages.
  std::string_view allowed_text{};
  text_check check{nullptr};
  /// A second environment variable; PRISM_* takes precedence over it.
  std::string_view alias{};
  /// Whether the value is masked in every output.
  bool secret{false};
};

/// An option of an earlier version. Setting it has no effect but a warning, so that an existing
/// configuration still starts.
struct retired_option {
  std::string_view name;
  /// What applies instead of the option.
  std::string_view reason;
};

/// All options, in the order in which they are shown.
[[nodiscard]] std::span<const option_row> option_rows() noexcept;

/// The options that have been removed.
[[nodiscard]] std::span<const retired_option> retired_options() noexcept;

/// The row of `name`, or null.
[[nodiscard]] const option_row* find_row(std::string_view name) noexcept;

/// The retired option `name`, or null.
[[nodiscard]] const retired_option* find_retired(std::string_view name) noexcept;

/// The environment variable of the option `name`: "PRISM_" and the name in capitals with
/// underscores.
[[nodiscard]] std::string environment_name(std::string_view name);

/// The allowed values, for messages: "1 to 256".
[[nodiscard]] std::string allowed(const option_row& row);

/// Parses `text` into the row's member of `values`. Error `errc::invalid`: "NAME is 'TEXT', allowed
/// is …", with the text masked if the row is secret; `values` is unchanged then.
[[nodiscard]] expected<void> assign(const option_row& row, std::string_view text, options& values);

/// The row's value in the form that `assign` takes, secrets not masked.
[[nodiscard]] std::string value_of(const option_row& row, const options& values);

/// Whether the value is written without quotes in a file.
[[nodiscard]] bool is_number(const option_row& row);

/// Checks the rules that involve two options. Error `errc::invalid`, naming both.
[[nodiscard]] expected<void> check_together(const options& values);

} // namespace prism::config
