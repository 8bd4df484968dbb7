#pragma once

#include "dataplane/call.hpp"
#include "db/reads/uri_args.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace google::protobuf {
class Message;
}

namespace prism::dataplane {

/// Most fields of a request, with those of the messages in it. An argument has one to three, and
/// parsing makes an object of some 60 bytes from two bytes, so the number is bounded before it.
inline constexpr std::size_t max_request_fields = 3 * reads::max_arguments + 100;

/// Parses a request. Error: `invalid_argument`, if it is no message of its type or has too many
/// fields.
[[nodiscard]] answer<void> parse_request(google::protobuf::Message& out, std::string_view bytes);

/// Encodes an answer. Error: `too_large`.
[[nodiscard]] answer<std::string> encode_answer(const google::protobuf::Message& message);

} // namespace prism::dataplane
