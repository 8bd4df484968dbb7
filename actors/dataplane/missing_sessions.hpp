#pragma once

#include <cstddef>
#include <set>

namespace prism {

/// Which readers have lost their database session, and what of it is worth a line in the log: the
/// first loss, the loss of the last session, and that all have one again; the second at most once
/// before the third. A plain value. Not thread-safe.
class missing_sessions {
public:
  enum class news {
    nothing,
    first, ///< one reader has none, after all had
    all,   ///< no reader has one
    over,  ///< none is missing any more
  };

  /// @param readers that there should be; at least 1
  explicit missing_sessions(std::size_t readers) : readers_(readers) {}

  /// A reader has lost its session, or could not get one.
  [[nodiscard]] news lost(std::size_t reader);
  /// A reader has a session.
  [[nodiscard]] news found(std::size_t reader);

  /// Readers without a session.
  [[nodiscard]] std::size_t count() const noexcept { return missing_.size(); }

private:
  std::size_t readers_;
  std::set<std::size_t> missing_;
  bool all_said_{false};
};

} // namespace prism
