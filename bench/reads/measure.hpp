#pragma once

#include "db/pg/connection.hpp"

#include <functional>

namespace prism::bench {

/// How long one call takes.
struct timing {
  double ms{0};         ///< median
  bool at_least{false}; ///< the call was given up; it would have taken longer
};

/// A read that is measured; false if it failed.
using reading = std::function<bool(db::executor&)>;

/// Runs `read` until the median is worth something: once for warmth, then up to 200 times within
/// two seconds, at least once. One call is given up after 20 seconds.
[[nodiscard]] timing measure(db::connection& on, const reading& read);

} // namespace prism::bench
