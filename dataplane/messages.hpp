#pragma once

#include "dataplane/call.hpp"
#include "db/reads/uri_args.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace google::protobuf {
class MessageLite;
}

namespace prism::dataplane {

/// Most fields of a request. A list of arguments has a field for each, and parsing makes an object
/// of some 60 bytes from two bytes, so the number is bounded before it.
inline constexpr std::size_t max_request_fields = 2 * reads::max_arguments + 100;

/// Parses a request. Error: `invalid_argument`, if it is no message of its type or has too many
/// fields.
[[nodiscard]] answer<void> parse_request(google::protobuf::MessageLite& out,
                                         std::string_view bytes);

/// Encodes an answer. Error: `too_large`.
[[nodiscard]] answer<std::string> encode_answer(const google::protobuf::MessageLite& message);

} // namespace prism::dataplane
