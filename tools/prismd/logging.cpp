#include "tools/prismd/logging.hpp"

#include <boost/json.hpp>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

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

} // namespace

void set_up_logging(const config::options& options) {
  auto logger =
      std::make_shared<spdlog::logger>("prismd", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  if (options.log_format == config::log_format::json)
    formatter->add_flag<json_message>('*').set_pattern(
        R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","msg":%*})");
  else
    formatter->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %-5l %v");
  logger->set_formatter(std::move(formatter));
  logger->set_level(level_of(options.log_level));
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

} // namespace prism::tools
