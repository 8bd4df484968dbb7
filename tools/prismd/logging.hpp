#pragma once

#include "config/options.hpp"

#include <string_view>

namespace prism::tools {

/// Opens /dev/null in place of each of the three standard descriptors that is closed, so that no
/// socket gets the number of the standard error and with it the log. To be called first of all.
void open_standard_descriptors();

/// Sets up the process's log: standard error, one line per event, UTC times, as text or as JSON
/// objects (`log-format`), from `log-level` up. If the standard error is systemd's journal, lines
/// begin with their priority instead of the time. Logging never waits for the reader (see
/// `line_writer`); what is dropped is counted in `dropped_log_lines`. std::terminate logs its
/// reason from then on.
void set_up_logging(const config::options& options);

/// Gives the lines logged so far two seconds to be written. To be called before the process ends.
void finish_logging();

/// Writes a line to the standard error before there is a logger; waits two seconds at most.
void print_error(std::string_view line);

} // namespace prism::tools
