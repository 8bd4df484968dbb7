#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace prism::net {

// Frames that a relay generates itself (event-stream spec, "Framing"; sync spec, "Firehose
// cursors").

/// An error frame, after which the sender closes the connection: header {"op": -1}.
[[nodiscard]] std::vector<std::byte> make_error_frame(std::string_view name,
                                                      std::string_view message);

/// An #info message, for example OutdatedCursor. It has no sequence number.
[[nodiscard]] std::vector<std::byte> make_info_frame(std::string_view name,
                                                     std::string_view message);

} // namespace prism::net
