#pragma once

#include "log/line_ring.hpp"

#include <string>
#include <string_view>

namespace prism::tools {

/// How lines are written to the standard error.
enum class line_style {
  text,    ///< "2026-11-28T15:00:00.123Z warn  pool          …": time in UTC, level, component
  journal, ///< the same for systemd's journal: its priority "<4>" instead of the time
  json,    ///< {"time":…,"level":…,"component":…,"msg":…}
  json_journal ///< the same behind the priority, which the journal takes away
};

/// A line with its newline. Line breaks and other control characters of `line.text` are escaped, so
/// that it is one line whatever it says.
[[nodiscard]] std::string to_line(line_style style, const log::line& line);

/// Whether the descriptor `fd` is the stream to systemd's journal that `journal_stream` names (the
/// variable JOURNAL_STREAM, "DEVICE:INODE"; null if it is not set). Another program's standard
/// error may be redirected while the variable stays.
[[nodiscard]] bool is_journal(const char* journal_stream, int fd);

} // namespace prism::tools
