#include "tools/prismd/service_manager.hpp"

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>
#include <systemd/sd-daemon.h>

namespace prism::tools {

namespace {

// How long the service manager waits for the next word while the start waits, and how often it gets
// one.
constexpr std::chrono::seconds patience{60};
constexpr std::chrono::seconds word_interval{5};
constexpr std::chrono::seconds status_interval{10};
// What comes after the actors have stopped: the private PostgreSQL, the last lines of the log.
constexpr std::chrono::seconds after_drain{60};

[[nodiscard]] std::chrono::microseconds asked_for() {
  std::uint64_t interval = 0;
  if (::sd_watchdog_enabled(0, &interval) <= 0)
    return {};
  return std::chrono::microseconds{interval};
}

[[nodiscard]] long long microseconds(std::chrono::microseconds time) {
  return time.count();
}

/// Whether `interval` has passed since `last`, which becomes `now` then.
[[nodiscard]] bool due(std::optional<time_point>& last, time_point now,
                       steady_clock::duration interval) {
  if (last && now - *last < interval)
    return false;
  last = now;
  return true;
}

} // namespace

service_manager::service_manager()
    : service_manager(
          [](const std::string& message) { static_cast<void>(::sd_notify(0, message.c_str())); },
          asked_for()) {}

service_manager::service_manager(sender send, std::chrono::microseconds watchdog)
    : send_(std::move(send)), watchdog_(watchdog) {}

void service_manager::starting(time_point now) {
  if (due(waited_, now, word_interval))
    send_(fmt::format("STATUS=starting\nEXTEND_TIMEOUT_USEC={}", microseconds(patience)));
}

void service_manager::ready() {
  send_("READY=1\nSTATUS=started");
}

void service_manager::beginning_again(time_point now) {
  const bool watched = watchdog_.count() > 0;
  const steady_clock::duration limit = watchdog_ / 4;
  if (!due(waited_, now,
           watched ? std::min<steady_clock::duration>(limit, word_interval)
                   : steady_clock::duration{word_interval}))
    return;
  send_(fmt::format("STATUS=beginning again from what the database has{}",
                    watched ? "\nWATCHDOG=1" : ""));
  line_.clear();
}

void service_manager::alive(std::optional<time_point> sign) {
  if (watchdog_.count() <= 0 || !sign || (fed_ && *sign <= *fed_))
    return;
  fed_ = sign;
  send_("WATCHDOG=1");
}

void service_manager::status(time_point now, const std::function<std::string()>& line) {
  if (!due(shown_, now, status_interval))
    return;
  auto text = line();
  if (text == line_)
    return;
  line_ = std::move(text);
  send_("STATUS=" + line_);
}

void service_manager::stopping(std::chrono::milliseconds drain) {
  const auto limit = microseconds(drain + after_drain);
  auto message = fmt::format("STOPPING=1\nSTATUS=stopping\nEXTEND_TIMEOUT_USEC={}", limit);
  // Nobody answers any more while the actors stop.
  if (watchdog_.count() > 0)
    message += fmt::format("\nWATCHDOG_USEC={}\nWATCHDOG=1", limit);
  send_(message);
}

} // namespace prism::tools
