#include "log/output.hpp"

#include "log/log.hpp"

#include <deque>
#include <memory>
#include <mutex>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/dist_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <string>
#include <vector>

namespace prism::log {

namespace {

/// Keeps the last lines. Which component a line is from is its logger's name.
class ring_sink final : public spdlog::sinks::sink {
public:
  explicit ring_sink(line_ring& ring) : ring_(ring) {}
  void log(const spdlog::details::log_msg& message) override {
    const auto from = component_named({message.logger_name.data(), message.logger_name.size()});
    ring_.add(message.time, static_cast<log::level>(message.level),
              from.value_or(component::prismd), {message.payload.data(), message.payload.size()});
  }
  void flush() override {}
  void set_pattern(const std::string& /*pattern*/) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter> /*unused*/) override {}

private:
  line_ring& ring_;
};

/// All loggers share it. Sinks come and go while others log.
class shared_sinks final : public spdlog::sinks::base_sink<std::mutex> {
public:
  void add(spdlog::sink_ptr sink) {
    const std::scoped_lock lock(mutex_);
    sinks_.push_back(std::move(sink));
  }
  void remove(const spdlog::sink_ptr& sink) {
    const std::scoped_lock lock(mutex_);
    std::erase(sinks_, sink);
  }

private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (sinks_.empty())
      return standard_error_.log(message);
    for (const auto& each : sinks_)
      each->log(message);
  }
  void flush_() override {
    for (const auto& each : sinks_)
      each->flush();
  }

  std::vector<spdlog::sink_ptr> sinks_;
  spdlog::sinks::stderr_sink_mt standard_error_;
};

struct process_log {
  process_log() {
    const std::vector<spdlog::sink_ptr> to{std::make_shared<ring_sink>(recent), sinks};
    for (const auto each : all_components())
      loggers.emplace_back(
          std::make_unique<spdlog::logger>(std::string(to_string(each)), to.begin(), to.end()));
  }

  line_ring recent;
  std::shared_ptr<shared_sinks> sinks{std::make_shared<shared_sinks>()};
  std::deque<logger> loggers; // of each component, in their order
  std::mutex mutex;           // of `levels`, and of the loggers' levels, which follow it
  level_table levels;
};

/// Never destroyed: threads that main() does not wait for may log until the process is gone.
[[nodiscard]] process_log& process() noexcept {
  static process_log& only = *std::make_unique<process_log>().release();
  return only;
}

void apply(const component_level& row) {
  of(row.of).set_lowest(row.now);
}

} // namespace

logger& of(component which) noexcept {
  return process().loggers[static_cast<std::size_t>(which)];
}

void add_sink(spdlog::sink_ptr to) {
  process().sinks->add(std::move(to));
}

void remove_sink(const spdlog::sink_ptr& to) {
  process().sinks->remove(to);
}

line_ring& recent_lines() noexcept {
  return process().recent;
}

void set_usual_level(level usual) {
  auto& all = process();
  const std::scoped_lock lock(all.mutex);
  all.levels.set_usual(usual);
  for (const auto& row : all.levels.rows())
    apply(row);
}

expected<component_level> set_level(component of, level to, std::chrono::seconds lasting,
                                    time_point now) {
  auto& all = process();
  auto done = [&] {
    const std::scoped_lock lock(all.mutex);
    auto row = all.levels.set(of, to, lasting, now);
    if (row)
      apply(*row);
    return row;
  }();
  if (done && done->until)
    prismd().warn("log-level of {} is {} for {} s, then {} again", to_string(of), to_string(to),
                  lasting.count(), to_string(done->usual));
  else if (done)
    prismd().warn("log-level of {} is {}, as usual", to_string(of), to_string(to));
  return done;
}

std::array<component_level, component_count> levels(time_point now) {
  end_due_levels(now);
  auto& all = process();
  const std::scoped_lock lock(all.mutex);
  return all.levels.rows();
}

void end_due_levels(time_point now) {
  auto& all = process();
  const auto ended = [&] {
    const std::scoped_lock lock(all.mutex);
    auto rows = all.levels.end_due(now);
    for (const auto& row : rows)
      apply(row);
    return rows;
  }();
  for (const auto& row : ended)
    prismd().warn("log-level of {} is {} again", to_string(row.of), to_string(row.now));
}

} // namespace prism::log
