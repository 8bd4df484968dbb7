#pragma once

#include "eventually.hpp"
#include "frames.hpp"
#include "net/relay/ws_source.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <latch>
#include <limits>
#include <mutex>
#include <optional>
#include <thread>

namespace prism::net::test {

/// Options of a client with short delays.
inline ws_source_options quick_options(const std::string& url) {
  ws_source_options options;
  options.relay_url = url;
  options.backoff = {.min = std::chrono::milliseconds{5},
                     .max = std::chrono::milliseconds{40},
                     .factor = 2.0,
                     .jitter = 0.5};
  return options;
}

/// A consumer like the firehose actor: it keeps its frames and resumes after the last seq.
class client {
public:
  static constexpr std::uint32_t plenty = std::numeric_limits<std::uint32_t>::max();

  struct hooks {
    std::optional<std::int64_t> first_cursor{};
    std::uint32_t credit{plenty};
    /// Called with the cursor that skips the rejected frame.
    bool skip_oversized{true};
  };

  explicit client(ws_source_options options) : client(std::move(options), hooks{}) {}

  client(ws_source_options options, hooks chosen)
      : cursor_(chosen.first_cursor), skip_oversized_(chosen.skip_oversized) {
    auto started = ws_source::start(
        std::move(options),
        {.on_frames = [this](const std::vector<frame_bytes>& batch) { take(batch); },
         .next_cursor =
             [this] {
               credited_.wait(); // or the source may connect, and stall, before it has credit
               const std::lock_guard lock(mutex_);
               asked_.push_back(cursor_);
               return cursor_;
             },
         .on_state =
             [this](const source_change& change) {
               const std::lock_guard lock(mutex_);
               changes_.push_back(change);
             },
         .on_oversized = [this](const oversized_frame& frame) { oversized(frame); },
         .on_bad_message =
             [this](std::size_t size) {
               const std::lock_guard lock(mutex_);
               bad_.push_back(size);
             }});
    if (!started)
      FAIL("client: " << started.error().message);
    source = std::move(*started);
    source->grant(chosen.credit);
    credited_.count_down();
  }

  /// Every frame so far.
  [[nodiscard]] std::vector<bytes> frames() const { return copy(frames_); }
  [[nodiscard]] std::vector<std::size_t> batches() const { return copy(batches_); }
  [[nodiscard]] std::vector<source_change> changes() const { return copy(changes_); }
  [[nodiscard]] std::vector<std::optional<std::int64_t>> asked() const { return copy(asked_); }
  [[nodiscard]] std::vector<std::size_t> bad() const { return copy(bad_); }

  /// Reports of oversized frames: times, and the seq read from the head.
  [[nodiscard]] std::vector<std::pair<std::uint32_t, std::int64_t>> reports() const {
    return copy(reports_);
  }

  [[nodiscard]] std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return frames_.size();
  }

  /// The frames that carry a seq.
  [[nodiscard]] std::vector<bytes> events() const {
    std::vector<bytes> result;
    for (auto& frame : frames())
      if (seq_of(frame) >= 0)
        result.push_back(std::move(frame));
    return result;
  }

  [[nodiscard]] bool wait_for_count(std::size_t wanted) const {
    return eventually([&] { return count() >= wanted; });
  }

  [[nodiscard]] bool wait_for_events(std::size_t wanted) const {
    return eventually([&] {
      const std::lock_guard lock(mutex_);
      return events_ >= wanted;
    });
  }

  [[nodiscard]] bool wait_for_end(disconnect_reason reason, std::uint64_t times = 1) const {
    // Counts the reported changes: the source increments its own counter before it reports one.
    return eventually([&] {
      const auto all = changes();
      return static_cast<std::uint64_t>(std::ranges::count_if(all, [&](const auto& each) {
               return each.state == source_state::disconnected && each.reason == reason;
             })) >= times;
    });
  }

  /// The text of the first end with that reason.
  [[nodiscard]] std::string text_of(disconnect_reason reason) const {
    for (const auto& change : changes())
      if (change.state == source_state::disconnected && change.reason == reason)
        return change.text;
    return "no such end";
  }

  std::unique_ptr<ws_source> source; // ends before what its callbacks use: see the destructor

  client(const client&) = delete;
  client& operator=(const client&) = delete;
  ~client() { source.reset(); }

private:
  template <class T>
  T copy(const T& value) const {
    const std::lock_guard lock(mutex_);
    return value;
  }

  void take(const std::vector<frame_bytes>& batch) {
    const std::lock_guard lock(mutex_);
    batches_.push_back(batch.size());
    for (const auto& frame : batch) {
      frames_.push_back(*frame);
      if (const auto seq = seq_of(*frame); seq >= 0) {
        cursor_ = seq;
        ++events_;
      }
    }
  }

  void oversized(const oversized_frame& frame) {
    // Only the head of the frame is available, so the seq is found in a padded copy.
    bytes head(frame.head.begin(), frame.head.end());
    head.resize(std::size_t{16} << 20);
    const auto seq = seq_of(head);
    const std::lock_guard lock(mutex_);
    reports_.emplace_back(frame.times, seq);
    if (skip_oversized_)
      cursor_ = seq;
  }

  std::latch credited_{1};
  mutable std::mutex mutex_;
  std::optional<std::int64_t> cursor_;
  bool skip_oversized_;
  std::vector<bytes> frames_;
  std::size_t events_{0};
  std::vector<std::size_t> batches_;
  std::vector<source_change> changes_;
  std::vector<std::optional<std::int64_t>> asked_;
  std::vector<std::size_t> bad_;
  std::vector<std::pair<std::uint32_t, std::int64_t>> reports_;
};

} // namespace prism::net::test
