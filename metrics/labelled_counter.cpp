#include "metrics/labelled_counter.hpp"

#include "metrics/labels.hpp"

#include <algorithm>

namespace prism::metrics {

labelled_counter::labelled_counter(prometheus::Family<prometheus::Counter>& family,
                                   const std::string& label,
                                   std::span<const std::string_view> values,
                                   const prometheus::Labels& constant) {
  const auto series = [&](std::string_view value) {
    auto all = constant;
    all.emplace(label, value);
    return &family.Add(all);
  };
  known_.reserve(values.size());
  for (const auto value : values)
    known_.emplace_back(value, series(value));
  std::sort(known_.begin(), known_.end());
  other_ = series(labels::other);
}

prometheus::Counter& labelled_counter::of(std::string_view value) const noexcept {
  const auto found = std::lower_bound(
      known_.begin(), known_.end(), value,
      [](const auto& entry, std::string_view wanted) { return entry.first < wanted; });
  return found != known_.end() && found->first == value ? *found->second : *other_;
}

double labelled_counter::total() const noexcept {
  auto out = other_->Value();
  for (const auto& [value, counter] : known_)
    out += counter->Value();
  return out;
}

void raise_to(prometheus::Counter& counter, double total) noexcept {
  if (const auto missing = total - counter.Value(); missing > 0)
    counter.Increment(missing);
}

} // namespace prism::metrics
