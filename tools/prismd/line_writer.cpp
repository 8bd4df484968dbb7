#include "tools/prismd/line_writer.hpp"

#include <cerrno>
#include <climits>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <poll.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace prism::tools {

struct line_writer::state {
  explicit state(options chosen) : settings(std::move(chosen)) {}

  const options settings;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::string> lines;
  std::size_t bytes{0};        // of `lines`
  std::uint64_t unreported{0}; // dropped since the last note
  bool writing{false};         // the thread has taken lines that are not written yet
  bool ending{false};

  void show() const {
    if (settings.queued != nullptr)
      *settings.queued = bytes;
  }
  void drop(std::uint64_t count) {
    unreported += count;
    if (settings.dropped != nullptr)
      *settings.dropped += count;
  }
};

namespace {

/// Writes all of `text`, however long that takes. @returns false if the descriptor refuses it.
bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto count = ::write(fd, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) { // another process has changed the shared mode
      pollfd ready{.fd = fd, .events = POLLOUT, .revents = 0};
      static_cast<void>(::poll(&ready, 1, -1));
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

} // namespace

line_writer::line_writer(options options) : state_(std::make_shared<state>(std::move(options))) {
  // Signals are for other threads.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread([shared = state_] {
    std::unique_lock lock(shared->mutex);
    for (;;) {
      shared->changed.wait(lock, [&] { return !shared->lines.empty() || shared->ending; });
      if (shared->lines.empty())
        return;
      const auto reported = std::exchange(shared->unreported, 0);
      const auto& note = shared->settings.note;
      std::string text = reported > 0 && note ? note(reported) : std::string{};
      // Up to PIPE_BUF bytes are written as a whole, never mixed with what others write.
      std::uint64_t taken = 0;
      do {
        text += shared->lines.front();
        shared->bytes -= shared->lines.front().size();
        shared->lines.pop_front();
        ++taken;
      } while (!shared->lines.empty() && text.size() + shared->lines.front().size() <= PIPE_BUF);
      shared->show();
      shared->writing = true;
      lock.unlock();
      const bool written = write_all(shared->settings.fd, text);
      lock.lock();
      shared->writing = false;
      if (!written) {
        shared->unreported += reported;
        shared->drop(taken);
      }
      shared->changed.notify_all();
    }
  }).detach();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

line_writer::~line_writer() {
  const std::scoped_lock lock(state_->mutex);
  state_->ending = true;
  state_->changed.notify_all();
}

void line_writer::push(std::string_view line) {
  const std::scoped_lock lock(state_->mutex);
  auto& queue = state_->lines;
  const auto limit = state_->settings.max_bytes;
  while (!queue.empty() && state_->bytes + line.size() > limit) {
    state_->bytes -= queue.front().size();
    queue.pop_front();
    state_->drop(1);
  }
  if (line.size() > limit) {
    state_->drop(1);
    return;
  }
  state_->bytes += line.size();
  queue.emplace_back(line);
  state_->show();
  state_->changed.notify_all();
}

bool line_writer::finish(std::chrono::milliseconds limit) {
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_for(lock, limit,
                                  [&] { return state_->lines.empty() && !state_->writing; });
}

} // namespace prism::tools
