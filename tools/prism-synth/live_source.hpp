#pragma once

#include "network.hpp"
#include "tools/replay/frame_source.hpp"

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>

namespace prism::synth {

/// A network whose frames are generated on demand, so that a slow reader delays it. Starts with the
/// first client. With several clients the fastest sets the pace; one that falls behind the window
/// gets ConsumerTooSlow.
class live_source final : public net::frame_source {
public:
  /// Totals, for the final report.
  struct outcome {
    std::size_t frames{0};
    std::size_t operations{0};
    /// Seconds from the first client to the last frame.
    double seconds{0};
    /// DIDs of deleted accounts.
    std::set<std::string, std::less<>> gone{};
  };

  /// @param expected receives all events; must outlive this.
  live_source(const options& how, model& expected);

  [[nodiscard]] entry enter(std::optional<std::int64_t> cursor, bool from_start) override;
  [[nodiscard]] found at(std::size_t index) override;
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point>
  due(std::size_t index) const override;

  /// Waits until all frames are generated or `give_up` is called from another thread. The model is
  /// not used afterwards. @returns empty if given up.
  [[nodiscard]] std::optional<outcome> wait();
  void give_up();

private:
  /// @returns false if all frames had been generated.
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
