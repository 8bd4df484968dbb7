#include "tests/unit/actors/log_capture.hpp"

#include "log/output.hpp"

#include <algorithm>
#include <mutex>
#include <spdlog/sinks/base_sink.h>
#include <vector>

namespace prism::test {

struct log_capture::shared final : spdlog::sinks::base_sink<std::mutex> {
  void sink_it_(const spdlog::details::log_msg& message) override {
    const auto level = spdlog::level::to_string_view(message.level);
    lines.emplace_back(std::string{level.data(), level.size()} + " " +
                       std::string{message.payload.data(), message.payload.size()});
  }
  void flush_() override {}
  [[nodiscard]] std::vector<std::string> copy() {
    const std::scoped_lock lock(mutex_);
    return lines;
  }
  std::vector<std::string> lines;
};

log_capture::log_capture() : lines_(std::make_shared<shared>()) {
  log::add_sink(lines_);
}

log_capture::~log_capture() {
  log::remove_sink(lines_);
}

std::size_t log_capture::count(std::string_view part) const {
  const auto lines = lines_->copy();
  return static_cast<std::size_t>(std::ranges::count_if(
      lines, [&](const std::string& each) { return each.find(part) != std::string::npos; }));
}

std::string log_capture::all() const {
  std::string out;
  for (const auto& each : lines_->copy())
    out += each + "\n";
  return out;
}

} // namespace prism::test
