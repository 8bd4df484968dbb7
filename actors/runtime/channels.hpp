#pragma once

#include "config/options.hpp"
#include "metrics/registry.hpp"

#include <cstdint>

namespace prism {

/// Frames that the source may read before the firehose gives it more credit.
inline constexpr std::uint64_t source_read_ahead = 256;

/// Declares the channels of docs/ARCHITECTURE.md ("Channels and their bounds") that
/// `registry::bounded` shows, with their bounds. Once, before the actors start.
void declare_channels(metrics::registry& metrics, const config::options& options);

} // namespace prism
