#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <termios.h>

namespace prism::prismctl {

/// The terminal as a whole screen, given back as it was on destruction.
class screen {
public:
  screen();
  ~screen();
  screen(const screen&) = delete;
  screen& operator=(const screen&) = delete;

  struct size {
    std::size_t columns{80};
    std::size_t lines{24};
  };
  [[nodiscard]] static size measure();
  /// Whether the standard output is a terminal.
  [[nodiscard]] static bool is_terminal();

  /// Shows the lines of `text` that fit, each cut at the width.
  static void show(const std::string& text);
  /// Waits for a key. @returns it; 0 if none came in time, or the input has ended.
  [[nodiscard]] static char wait_for_key(std::chrono::milliseconds limit);

private:
  termios before_{};
  bool changed_{false};
};

/// The first `width` characters.
[[nodiscard]] std::string cut_to_width(const std::string& line, std::size_t width);

} // namespace prism::prismctl
