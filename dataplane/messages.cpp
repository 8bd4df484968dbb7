#include "dataplane/messages.hpp"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/message.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/wire_format_lite.h>

namespace prism::dataplane {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;

enum class size : std::uint8_t { small, too_many_fields, malformed };

/// Reads the fields of a message and of those in it.
/// @param left how many fields there may still be
[[nodiscard]] size measure(google::protobuf::io::CodedInputStream& in, const Descriptor& type,
                           std::size_t& left) {
  while (const auto tag = in.ReadTag()) {
    if (left-- == 0)
      return size::too_many_fields;
    const auto wire = WireFormatLite::GetTagWireType(tag);
    // proto3 has no groups; an unknown one could have any number of fields.
    if (wire == WireFormatLite::WIRETYPE_START_GROUP || wire == WireFormatLite::WIRETYPE_END_GROUP)
      return size::malformed;
    const auto* field = type.FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag));
    if (wire != WireFormatLite::WIRETYPE_LENGTH_DELIMITED || field == nullptr ||
        field->type() != FieldDescriptor::TYPE_MESSAGE) {
      if (!WireFormatLite::SkipField(&in, tag))
        return size::malformed;
      continue;
    }
    std::uint32_t bytes = 0;
    if (!in.ReadVarint32(&bytes))
      return size::malformed;
    const auto limit = in.PushLimit(static_cast<int>(bytes));
    const auto inner = measure(in, *field->message_type(), left); // no message has itself in it
    in.PopLimit(limit);
    if (inner != size::small)
      return inner;
  }
  return in.ConsumedEntireMessage() ? size::small : size::malformed;
}

[[nodiscard]] size measure(std::string_view bytes, const Descriptor& type) {
  constexpr std::size_t smallest_field = 2; // bytes
  if (bytes.size() <= smallest_field * max_request_fields)
    return size::small;
  google::protobuf::io::CodedInputStream in(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                            static_cast<int>(bytes.size()));
  std::size_t left = max_request_fields;
  return measure(in, type, left);
}

} // namespace

answer<void> parse_request(google::protobuf::Message& out, std::string_view bytes) {
  // For each text that is not UTF-8 libprotobuf would write a line to the standard error. Nothing
  // limits these lines, and a full pipe would block the thread.
  static auto* const no_lines = google::protobuf::SetLogHandler(nullptr);
  static_cast<void>(no_lines);
  const auto measured = measure(bytes, *out.GetDescriptor());
  if (measured == size::too_many_fields)
    return invalid(fmt::format("the request has more than {} fields", max_request_fields));
  if (measured == size::malformed ||
      !out.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return invalid("the request is not a valid message of its type");
  return {};
}

answer<std::string> encode_answer(const google::protobuf::Message& message) {
  if (const auto bytes = message.ByteSizeLong(); bytes > max_answer_bytes)
    return too_large(bytes);
  return message.SerializeAsString();
}

} // namespace prism::dataplane
