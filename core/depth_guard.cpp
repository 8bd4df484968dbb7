#include "core/depth_guard.hpp"

#include <algorithm>

namespace prism {

expected<void> depth_guard::arrived(std::size_t n) {
  if (n > capacity_ - depth_)
    return fail(errc::limit, "{} more units would exceed the capacity of {} ({} wait)", n,
                capacity_, depth_);
  depth_ += n;
  peak_ = std::max(peak_, depth_);
  return {};
}

expected<void> depth_guard::finished(std::size_t n) {
  if (n > depth_)
    return fail(errc::invalid, "{} units finished, but only {} were waiting", n, depth_);
  depth_ -= n;
  return {};
}

} // namespace prism
