#pragma once

#include "db/pg/connection.hpp"
#include "db/reads/session.hpp"

#include <functional>

namespace prism::bench {

/// Duration of one call.
struct timing {
  double ms{0};         ///< median
  bool at_least{false}; ///< the call was cancelled; it would have taken longer
};

/// A read to measure; returns false if it failed.
using reading = std::function<bool(reads::session&)>;

/// Runs `read` once to warm up, then up to 200 times within two seconds, at least once. A call is
/// cancelled after 20 seconds.
[[nodiscard]] timing measure(db::connection& on, const reading& read);

} // namespace prism::bench
