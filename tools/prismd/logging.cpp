#include "tools/prismd/logging.hpp"

#include "core/log_counters.hpp"
#include "tools/prismd/line_writer.hpp"

#include <boost/json.hpp>
#include <cstdlib>
#include <exception>
#include <fcntl.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace prism::tools {

namespace {

/// The message as a JSON string, so that no content can break its line.
class json_message final : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& message, const std::tm& /*time*/,
              spdlog::memory_buf_t& out) override {
    const auto text = boost::json::serialize(boost::json::value(
        boost::json::string_view(message.payload.data(), message.payload.size())));
    out.append(text.data(), text.data() + text.size());
  }
  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<json_message>();
  }
};

/// spdlog has a level between error and off.
spdlog::level::level_enum level_of(config::log_level level) {
  return level == config::log_level::off ? spdlog::level::off
                                         : static_cast<spdlog::level::level_enum>(level);
}
static_assert(static_cast<int>(config::log_level::trace) == SPDLOG_LEVEL_TRACE &&
              static_cast<int>(config::log_level::error) == SPDLOG_LEVEL_ERROR);

// How long the end of the process waits for the reader of the log.
constexpr std::chrono::seconds last_lines{2};

// Of the whole process, as spdlog's default logger is.
std::shared_ptr<line_writer> output;

/// Formats lines and queues them.
class queue_sink final : public spdlog::sinks::base_sink<std::mutex> {
public:
  explicit queue_sink(std::shared_ptr<line_writer> to) : to_(std::move(to)) {}

private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    to_->push({line.data(), line.size()});
  }
  void flush_() override {}

  std::shared_ptr<line_writer> to_;
};

[[nodiscard]] std::unique_ptr<spdlog::formatter> formatter_for(config::log_format format) {
  auto out = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  if (format == config::log_format::json)
    out->add_flag<json_message>('*').set_pattern(
        R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","msg":%*})");
  else
    out->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %-5l %v");
  return out;
}

/// The line that stands where others are missing.
[[nodiscard]] std::string note_of(std::uint64_t dropped, spdlog::formatter& formatter) {
  const auto text = fmt::format("{} lines of the log were dropped: it was not read", dropped);
  spdlog::memory_buf_t line;
  formatter.format({"prismd", spdlog::level::warn, text}, line);
  return {line.data(), line.size()};
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
  spdlog::critical("prismd aborts, it is a defect: {}", why);
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
  auto formatter = formatter_for(options.log_format);
  const std::shared_ptr<spdlog::formatter> for_notes = formatter->clone();
  log_queue_capacity = line_writer::options{}.max_bytes;
  output = std::make_shared<line_writer>(line_writer::options{
      .note = [for_notes](std::uint64_t dropped) { return note_of(dropped, *for_notes); },
      .dropped = &dropped_log_lines,
      .queued = &queued_log_bytes});
  auto logger = std::make_shared<spdlog::logger>("prismd", std::make_shared<queue_sink>(output));
  logger->set_formatter(std::move(formatter));
  logger->set_level(level_of(options.log_level));
  // spdlog would write to the standard error by itself.
  logger->set_error_handler([](const std::string&) { ++dropped_log_lines; });
  spdlog::set_default_logger(std::move(logger));
  std::set_terminate(on_terminate);
}

void finish_logging() {
  if (output)
    static_cast<void>(output->finish(last_lines));
}

void print_error(std::string_view line) {
  line_writer writer({.note = {}});
  writer.push(line);
  static_cast<void>(writer.finish(last_lines));
}

} // namespace prism::tools
