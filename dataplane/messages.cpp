#include "dataplane/messages.hpp"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/message_lite.h>
#include <google/protobuf/wire_format_lite.h>

namespace prism::dataplane {

namespace {

/// Whether the message has more than `max_request_fields` of its own. What is malformed behind
/// them, the parser finds.
[[nodiscard]] bool has_too_many_fields(std::string_view bytes) {
  constexpr std::size_t smallest_field = 2; // bytes
  if (bytes.size() <= smallest_field * max_request_fields)
    return false;
  google::protobuf::io::CodedInputStream in(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                            static_cast<int>(bytes.size()));
  for (std::size_t fields = 0; const auto tag = in.ReadTag();) {
    if (++fields > max_request_fields)
      return true;
    if (!google::protobuf::internal::WireFormatLite::SkipField(&in, tag))
      return false;
  }
  return false;
}

} // namespace

answer<void> parse_request(google::protobuf::MessageLite& out, std::string_view bytes) {
  if (has_too_many_fields(bytes))
    return invalid(fmt::format("the request has more than {} fields", max_request_fields));
  if (!out.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return invalid("the request is no message of its type");
  return {};
}

answer<std::string> encode_answer(const google::protobuf::MessageLite& message) {
  if (const auto bytes = message.ByteSizeLong(); bytes > max_answer_bytes)
    return too_large(bytes);
  return message.SerializeAsString();
}

} // namespace prism::dataplane
