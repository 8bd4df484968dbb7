#include "log/logger.hpp"

#include "core/log_counters.hpp"

#include <spdlog/logger.h>
#include <string>

namespace prism::log {

namespace {

static_assert(static_cast<int>(level::trace) == SPDLOG_LEVEL_TRACE &&
              static_cast<int>(level::off) == SPDLOG_LEVEL_OFF);

[[nodiscard]] spdlog::level::level_enum to_spdlog(level which) noexcept {
  return static_cast<spdlog::level::level_enum>(which);
}

} // namespace

logger::logger(std::unique_ptr<spdlog::logger> to) : to_(std::move(to)) {
  // spdlog would write to the standard error by itself.
  to_->set_error_handler([](const std::string&) { ++dropped_log_lines; });
}

logger::~logger() = default;

void logger::set_lowest(level lowest) noexcept {
  to_->set_level(to_spdlog(lowest));
}

void logger::write(level severity, fmt::string_view text, fmt::format_args values) noexcept {
  if (!to_->should_log(to_spdlog(severity)))
    return;
  try {
    to_->log(to_spdlog(severity), fmt::vformat(text, values));
  } catch (...) {
    ++dropped_log_lines;
  }
}

} // namespace prism::log
