#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace prism::tools {

/// Writes lines to a file descriptor on a thread of its own, so that logging never waits for the
/// reader: a full pipe, a stopped terminal or a slow disk stops only that thread. What does
/// not fit into the queue is dropped, the oldest lines first, and counted.
///
/// The descriptor is left in blocking mode, because that mode is shared with other processes. So a
/// write may block without end; the thread is detached, and the end of the process ends it.
class line_writer {
public:
  struct options {
    int fd{2};
    /// Bytes of lines that wait. A longer line is dropped.
    std::size_t max_bytes{std::size_t{1} << 20};
    /// The line that stands where some were dropped. Called on the writer's thread.
    std::function<std::string(std::uint64_t dropped)> note;
    /// Counts the dropped lines; outlives the process's last line.
    std::atomic<std::uint64_t>* dropped{nullptr};
    /// Shows the bytes that wait; outlives the process's last line.
    std::atomic<std::size_t>* queued{nullptr};
  };

  explicit line_writer(options options);
  /// Does not wait: what is not written yet is still written unless the process ends before.
  ~line_writer();
  line_writer(const line_writer&) = delete;
  line_writer& operator=(const line_writer&) = delete;

  /// Queues a line, its newline included. Never blocks. Any thread.
  void push(std::string_view line);

  /// Waits until everything queued has been written or dropped, at most `limit`. @returns whether
  /// it was.
  bool finish(std::chrono::milliseconds limit);

private:
  struct state;
  std::shared_ptr<state> state_; // the thread has a share of it
};

} // namespace prism::tools
