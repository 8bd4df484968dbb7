#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prism::metrics {

/// The counters of one family by one label with a fixed set of values. All series exist from the
/// start; a value outside the set is counted under `other`, so that nothing from the network can
/// make a series. Any thread.
class labelled_counter {
public:
  /// @param constant labels that every series of this object has besides `label`.
  labelled_counter(prometheus::Family<prometheus::Counter>& family, const std::string& label,
                   std::span<const std::string_view> values,
                   const prometheus::Labels& constant = {});

  /// The counter of `value`; look it up once where it is hot.
  [[nodiscard]] prometheus::Counter& of(std::string_view value) const noexcept;

private:
  std::vector<std::pair<std::string, prometheus::Counter*>> known_; // sorted by value
  prometheus::Counter* other_;
};

/// Brings a counter to the running total of something that counts by itself for as long as the
/// counter lives, and never back; `running_total` is for what may be made anew. One writer per
/// counter.
void raise_to(prometheus::Counter& counter, double total) noexcept;

} // namespace prism::metrics
