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
/// start. A value outside the set is counted as `other`, so that text from the network cannot
/// create series. Thread-safe.
class labelled_counter {
public:
  /// @param constant labels that every series of this object has in addition to `label`
  labelled_counter(prometheus::Family<prometheus::Counter>& family, const std::string& label,
                   std::span<const std::string_view> values,
                   const prometheus::Labels& constant = {});

  /// The counter of `value`. On hot paths, keep the reference.
  [[nodiscard]] prometheus::Counter& of(std::string_view value) const noexcept;

  /// Of all values together.
  [[nodiscard]] double total() const noexcept;

private:
  std::vector<std::pair<std::string, prometheus::Counter*>> known_; // sorted by value
  prometheus::Counter* other_;
};

/// Raises a counter to `total`; does nothing if it is higher already. For a total that never starts
/// again during the life of the counter; see `running_total` for one that does. One writer per
/// counter.
void raise_to(prometheus::Counter& counter, double total) noexcept;

} // namespace prism::metrics
