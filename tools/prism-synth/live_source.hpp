#pragma once

#include "network.hpp"
#include "tools/replay/frame_source.hpp"

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>

namespace prism::synth {

/// A network whose frames are made when they are asked for, so that one that does not read holds
/// it up. Begins with the first client. With several clients the fastest decides; one that falls
/// further behind than the window is told so.
class live_source final : public net::frame_source {
public:
  /// What was made; for the end.
  struct outcome {
    std::size_t frames{0};
    std::size_t operations{0};
    /// From the first client until the last frame was made.
    double seconds{0};
    /// DIDs of deleted accounts.
    std::set<std::string, std::less<>> gone{};
  };

  /// @param expected is told everything; outlives this.
  live_source(const options& how, model& expected);

  [[nodiscard]] entry enter(std::optional<std::int64_t> cursor, bool from_start) override;
  [[nodiscard]] found at(std::size_t index) override;
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point>
  due(std::size_t index) const override;

  /// Waits until all is made or `give_up` has been called, from another thread. Afterwards nothing
  /// touches the model any more. @returns empty when given up.
  [[nodiscard]] std::optional<outcome> wait();
  void give_up();

private:
  /// @returns whether there was anything left to make.
  bool make_more();

  const options how_;
  const std::size_t wanted_; // frames, at least
  model& model_;
  std::unique_ptr<network> network_; // from the first client on
  std::chrono::steady_clock::time_point begin_;
  std::deque<frame_bytes> window_;
  std::size_t oldest_{0}; // index of the first in the window; that with seq N has index N - 1
  std::mutex mutex_;      // guards the rest
  std::condition_variable changed_;
  std::optional<outcome> outcome_;
  bool given_up_{false};
};

} // namespace prism::synth
