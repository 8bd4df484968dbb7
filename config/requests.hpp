#pragma once

#include <span>
#include <string_view>

namespace prism::config {

/// An argument of prismd that is no option of the table: it asks for something.
struct request_row {
  /// As it is written: "--config-file=PATH".
  std::string_view spelling;
  /// What it does; empty if its name says it.
  std::string_view help;
};

/// All of them, in the order in which they are shown.
[[nodiscard]] std::span<const request_row> request_rows() noexcept;

} // namespace prism::config
