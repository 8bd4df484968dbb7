#pragma once

#include "actors/node/node.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace prism {

/// The state of a running node on one page, a line each: what /readyz says, then every actor of the
/// tree with its fields. An actor that does not answer within `limit` is said so; the limit is that
/// of all together.
[[nodiscard]] std::vector<std::string>
summary_of(node& running, std::chrono::milliseconds limit = std::chrono::seconds{2});

/// The same in a line, for a service manager: "ready: relay connected, …" or "not ready: …" with
/// the first thing that is wrong. At most 200 bytes.
[[nodiscard]] std::string status_line(node& running);

} // namespace prism
