#pragma once

#include "tools/replay/frame_source.hpp"
#include "tools/replay/replay_server.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

namespace prism::net {

/// State shared by the connections of one `replay_server`. Belongs to its thread; other threads may
/// read the counters and the list of faults. Internal to tools/replay.
class replay_state {
public:
  replay_state(std::unique_ptr<frame_source> frames, replay_options chosen)
      : source(std::move(frames)), options(std::move(chosen)), faults_left_(options.faults) {}

  const std::unique_ptr<frame_source> source;
  const replay_options options;
  std::atomic<std::uint64_t> connections{0};
  std::atomic<std::uint64_t> open{0};
  std::atomic<std::uint64_t> frames_sent{0};
  std::atomic<std::uint64_t> faults_fired{0};
  std::atomic<std::uint64_t> served{0};

  /// Takes the next fault due when `index` frames have been sent, if there is one left.
  [[nodiscard]] std::optional<replay_fault> take_fault_at(std::size_t index);

  /// Takes the next fault that delays the opening handshake, if there is one left.
  [[nodiscard]] std::optional<replay_fault> take_delay();

  [[nodiscard]] std::vector<replay_fault> faults_left() const;

  void say(const std::string& line) const {
    if (options.log)
      options.log(line);
  }

private:
  template <class Predicate>
  std::optional<replay_fault> take(Predicate wanted);

  mutable std::mutex mutex_; // guards faults_left_
  std::vector<replay_fault> faults_left_;
};

} // namespace prism::net
