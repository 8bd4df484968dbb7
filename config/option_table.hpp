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

/// All there is to say about one setting. Help, dump, file, environment, command line and
/// validation are driven by these rows and by nothing else.
struct option_row {
  using member = std::variant<std::uint64_t options::*, std::chrono::milliseconds options::*,
                              std::chrono::seconds options::*, std::string options::*,
                              std::optional<std::int64_t> options::*>;

  /// Checks a text value; null accepts any.
  using text_check = bool (*)(std::string_view);

  /// In the file, and after "--".
  std::string_view name;
  /// What it does, for a person who reads `--help`.
  std::string_view help;
  /// Where it is kept; its type decides the syntax.
  member field;
  /// Smallest and largest number, in the unit of the name. Ignored for text.
  std::uint64_t min{0};
  std::uint64_t max{std::numeric_limits<std::int64_t>::max()};
  /// What a text may be, in words.
  std::string_view allowed_text{};
  text_check check{nullptr};
  /// A second environment variable, which yields to PRISM_*.
  std::string_view alias{};
  /// Never shown as it is.
  bool secret{false};
};

/// All settings, in the order in which they are shown.
[[nodiscard]] std::span<const option_row> option_rows() noexcept;

/// The row of `name`, or null.
[[nodiscard]] const option_row* find_row(std::string_view name) noexcept;

/// "PRISM_" and the name in capitals with underscores.
[[nodiscard]] std::string environment_name(const option_row& row);

/// What values are allowed, in words: "1 to 256".
[[nodiscard]] std::string allowed(const option_row& row);

/// Reads `text` into the row's member. Error `errc::invalid`: "NAME is 'TEXT', allowed is …", with
/// the text hidden if the row is secret; `into` is unchanged then.
[[nodiscard]] expected<void> assign(const option_row& row, std::string_view text, options& into);

/// The row's value in the form `assign` takes, secrets included.
[[nodiscard]] std::string value_of(const option_row& row, const options& from);

/// Whether the value is written without quotes in a file.
[[nodiscard]] bool is_number(const option_row& row) noexcept;

/// Rules that bind two settings together. Error `errc::invalid`, naming both.
[[nodiscard]] expected<void> check_together(const options& values);

} // namespace prism::config
