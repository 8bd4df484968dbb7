#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace prism::dataplane {

/// The name of a method that the interface has, whether this program answers it or not, else
/// "unknown". It lives as long as the program.
[[nodiscard]] std::string_view name_in_interface(std::string_view method);

/// A request as one line of printable ASCII, for people: `dids=[did:plc:a, did:plc:b, and 98 more]
/// limit=50`. Accepts any bytes: marks what cannot be parsed as cut or unknown. It
/// reads at most a few thousand fields.
/// @param method "GetActors"; the fields of an unknown one have numbers in place of names
/// @param encoded the message
/// @param max_bytes of the text; what is longer ends in "..."
[[nodiscard]] std::string request_text(std::string_view method, std::string_view encoded,
                                       std::size_t max_bytes = 512);

} // namespace prism::dataplane
