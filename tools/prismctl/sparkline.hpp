#pragma once

#include <cstddef>
#include <deque>
#include <string>

namespace prism::prismctl {

/// The last values of something, drawn as one line of bars.
class sparkline {
public:
  static constexpr std::size_t capacity = 120;

  void add(double value) {
    if (values_.size() == capacity)
      values_.pop_front();
    values_.push_back(value);
  }
  /// The newest values, one character each, padded on the left; the largest one shown fills its
  /// character.
  [[nodiscard]] std::string draw(std::size_t width) const;
  [[nodiscard]] double last() const { return values_.empty() ? 0 : values_.back(); }

private:
  std::deque<double> values_;
};

} // namespace prism::prismctl
