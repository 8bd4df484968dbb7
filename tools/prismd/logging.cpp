#include "tools/prismd/logging.hpp"

#include "core/log_counters.hpp"
#include "log/log.hpp"
#include "log/output.hpp"
#include "tools/prismd/line_format.hpp"
#include "tools/prismd/line_writer.hpp"

#include <cstdlib>
#include <exception>
#include <fcntl.h>
#include <spdlog/sinks/sink.h>
#include <unistd.h>

namespace prism::tools {

namespace {

// config::log_level has no level between error and off.
log::level level_of(config::log_level level) {
  return level == config::log_level::off ? log::level::off : static_cast<log::level>(level);
}
static_assert(static_cast<int>(config::log_level::trace) == static_cast<int>(log::level::trace) &&
              static_cast<int>(config::log_level::error) == static_cast<int>(log::level::error));

// How long the end of the process waits for the reader of the log.
constexpr std::chrono::seconds last_lines{2};

// Of the whole process, as the log is.
std::shared_ptr<line_writer> output;

/// Formats lines and queues them.
class queue_sink final : public spdlog::sinks::sink {
public:
  queue_sink(std::shared_ptr<line_writer> to, line_style style)
      : to_(std::move(to)), style_(style) {}

  void log(const spdlog::details::log_msg& message) override {
    const auto from =
        log::component_named({message.logger_name.data(), message.logger_name.size()});
    to_->push(to_line(style_, {.number = 0,
                               .time = message.time,
                               .severity = static_cast<log::level>(message.level),
                               .from = from.value_or(log::component::prismd),
                               .text = {message.payload.data(), message.payload.size()}}));
  }
  void flush() override {}
  void set_pattern(const std::string& /*pattern*/) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter> /*unused*/) override {}

private:
  std::shared_ptr<line_writer> to_;
  line_style style_;
};

[[nodiscard]] line_style style_for(config::log_format format) {
  const bool journal = is_journal(std::getenv("JOURNAL_STREAM"), STDERR_FILENO);
  if (format == config::log_format::json)
    return journal ? line_style::json_journal : line_style::json;
  return journal ? line_style::journal : line_style::text;
}

/// The line that stands where others are missing.
[[nodiscard]] std::string note_of(std::uint64_t dropped, line_style style) {
  log::line note{.number = 0,
                 .time = std::chrono::system_clock::now(),
                 .severity = log::level::warn,
                 .from = log::component::prismd,
                 .text = fmt::format("{} lines of the log were dropped: it was not read", dropped)};
  log::recent_lines().add(note.time, note.severity, note.from, note.text);
  return to_line(style, note);
}

/// Says through the log why the process aborts: the C++ library would write by itself, and wait.
[[noreturn]] void on_terminate() noexcept {
  std::string why = "std::terminate was called";
  try {
    if (const auto thrown = std::current_exception())
      std::rethrow_exception(thrown);
  } catch (const std::exception& e) {
    why = e.what();
  } catch (...) {
    why = "an exception of an unknown type";
  }
  log::prismd().critical("internal error, aborting: {}", why);
  finish_logging();
  std::abort();
}

} // namespace

void open_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(fd, F_GETFD) < 0)
      static_cast<void>(::open("/dev/null", O_RDWR)); // takes the lowest number that is free
}

void set_up_logging(const config::options& options) {
  const auto style = style_for(options.log_format);
  log_queue_capacity = line_writer::options{}.max_bytes;
  output = std::make_shared<line_writer>(line_writer::options{
      .note = [style](std::uint64_t dropped) { return note_of(dropped, style); },
      .dropped = &dropped_log_lines,
      .queued = &queued_log_bytes});
  log::add_sink(std::make_shared<queue_sink>(output, style));
  log::set_usual_level(level_of(options.log_level));
  std::set_terminate(on_terminate);
}

void finish_logging() {
  if (output)
    static_cast<void>(output->finish(last_lines));
}

void print_error(std::string_view line) {
  line_writer writer({.note = {}});
  writer.push(is_journal(std::getenv("JOURNAL_STREAM"), STDERR_FILENO) ? fmt::format("<3>{}", line)
                                                                       : std::string(line));
  static_cast<void>(writer.finish(last_lines));
}

} // namespace prism::tools
