#pragma once

#include <boost/circular_buffer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace prism {

/// A child of a supervisor that failed.
struct crash_record {
  std::int64_t number{0}; ///< of this process, from 1
  std::chrono::system_clock::time_point at;
  std::string actor;
  std::string reason;
  std::string last_message;  ///< the type of the message that it handled last
  std::uint64_t restarts{0}; ///< before
  std::uint64_t waiting{0};  ///< messages in its mailbox, which are lost
  std::uint64_t handled{0};  ///< messages in its life
  double uptime_seconds{0};
};

/// The last crashes of this process, and which of them the database has not got yet. Any thread.
class crash_history {
public:
  static constexpr std::size_t capacity = 200;

  void add(crash_record what) {
    const std::scoped_lock lock(mutex_);
    what.number = ++last_;
    crashes_.push_back(std::move(what)); // the oldest leaves
  }
  /// Those after `number`, oldest first.
  [[nodiscard]] std::vector<crash_record> after(std::int64_t number) const {
    const std::scoped_lock lock(mutex_);
    std::vector<crash_record> out;
    for (const auto& each : crashes_)
      if (each.number > number)
        out.push_back(each);
    return out;
  }

private:
  mutable std::mutex mutex_;
  boost::circular_buffer<crash_record> crashes_{capacity};
  std::int64_t last_{0};
};

} // namespace prism
