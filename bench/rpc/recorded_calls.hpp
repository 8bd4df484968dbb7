#pragma once

#include "core/error.hpp"

#include <istream>
#include <set>
#include <string>
#include <vector>

namespace prism::bench {

/// A call to send.
struct recorded_call {
  std::size_t method{0}; ///< index into `recording::methods`
  std::string request;   ///< the protobuf message
};

struct recording {
  std::vector<std::string> methods;
  std::vector<recorded_call> calls;
};

/// Reads a recording of the official AppView's calls: a line of JSON per call (docs/ORACLE.md, "RPC
/// recordings").
/// @param only the methods to keep; empty: all
/// Error: `errc::invalid` naming the line.
[[nodiscard]] expected<recording> read_recording(std::istream& in,
                                                 const std::set<std::string>& only);

} // namespace prism::bench
