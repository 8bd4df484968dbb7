#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

namespace prism {

/// Gathers the changes of parked operations until the actor pending_ops can take them: one report
/// is under way at a time. What does not fit, and what is lost on the way, is marked in the next
/// report, and pending_ops then reads its table. Plain value.
template <class Change>
class pending_report {
public:
  struct report {
    std::vector<Change> changes;
    bool complete{true}; ///< false: other changes were lost
  };

  /// @param capacity changes that are kept while a report is under way.
  explicit pending_report(std::size_t capacity) noexcept : capacity_(capacity) {}

  /// @returns how many changes did not fit.
  std::size_t add(const std::vector<Change>& changes) {
    const auto fits = std::min(changes.size(), capacity_ - changes_.size());
    changes_.insert(changes_.end(), changes.begin(),
                    changes.begin() + static_cast<std::ptrdiff_t>(fits));
    lost_ = lost_ || fits < changes.size();
    return changes.size() - fits;
  }

  /// Changes happened that cannot be reported.
  void mark_lost() noexcept { lost_ = true; }

  /// The next report; none if one is under way or there is nothing to say.
  [[nodiscard]] std::optional<report> next() {
    if (under_way_ || (changes_.empty() && !lost_))
      return std::nullopt;
    under_way_ = true;
    return report{std::exchange(changes_, {}), !std::exchange(lost_, false)};
  }

  /// The report was taken.
  void answered() noexcept { under_way_ = false; }
  /// Nobody knows whether it was taken.
  void failed() noexcept {
    under_way_ = false;
    lost_ = true;
  }

private:
  std::size_t capacity_;
  std::vector<Change> changes_;
  bool lost_{false};
  bool under_way_{false};
};

} // namespace prism
