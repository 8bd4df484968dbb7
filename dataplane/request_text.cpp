#include "dataplane/request_text.hpp"

#include "core/printable.hpp"
#include "dataplane/proto/bsky.hpp"

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <optional>
#include <utility>
#include <vector>

namespace prism::dataplane {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::io::CodedInputStream;

constexpr std::size_t shown_values = 3;    // of one field
constexpr std::size_t shown_fields = 16;   // of one message
constexpr std::size_t value_bytes = 100;   // of one text
constexpr std::size_t read_fields = 4'000; // of a request
constexpr int deepest = 4;

/// Null: there is none of that name.
[[nodiscard]] const google::protobuf::MethodDescriptor* find_in_interface(std::string_view method) {
  const auto* service =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName("bsky.Service");
  return service == nullptr ? nullptr : service->FindMethodByName(std::string{method});
}

[[nodiscard]] const Descriptor* request_of(std::string_view method) {
  const auto* found = find_in_interface(method);
  return found == nullptr ? nullptr : found->input_type();
}

/// A text, in quotes if it is not one word.
[[nodiscard]] std::string text_value(std::string_view text) {
  auto shown = printable(text, value_bytes);
  const bool is_word = !shown.empty() && std::ranges::none_of(shown, [](char c) {
    return c == ' ' || c == '"' || c == ',' || c == '=' || c == '[' || c == ']' || c == '{' ||
           c == '}';
  });
  if (is_word)
    return shown;
  std::string out = "\"";
  for (const char c : shown)
    out += c == '"' ? std::string{"\\x22"} : std::string{c};
  return out + "\"";
}

[[nodiscard]] std::string integer_value(const FieldDescriptor* field, std::uint64_t value) {
  if (field == nullptr)
    return fmt::format("{}", value);
  if (field->type() == FieldDescriptor::TYPE_BOOL)
    return value != 0 ? "true" : "false";
  if (field->type() == FieldDescriptor::TYPE_ENUM)
    if (const auto* name = field->enum_type()->FindValueByNumber(static_cast<int>(value)))
      return name->name();
  return fmt::format("{}", static_cast<std::int64_t>(value));
}

struct field_values {
  int number{0};
  std::string name;
  std::size_t count{0};
  std::vector<std::string> first;
};

/// Reads one message; `left` counts down over all that are in it.
class message_text {
public:
  explicit message_text(std::size_t& left) : left_(left) {}

  [[nodiscard]] std::string read(const Descriptor* type, std::string_view bytes, int depth) {
    CodedInputStream in(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                        static_cast<int>(bytes.size()));
    in.PushLimit(static_cast<int>(bytes.size()));
    std::vector<field_values> fields;
    bool complete = true;
    while (complete && in.BytesUntilLimit() > 0)
      complete = read_field(in, type, depth, fields);
    std::string out;
    for (const auto& each : fields)
      out += (out.empty() ? "" : " ") + text_of(each);
    if (!complete)
      out += out.empty() ? "(cut)" : " (cut)";
    return out;
  }

private:
  [[nodiscard]] bool read_field(CodedInputStream& in, const Descriptor* type, int depth,
                                std::vector<field_values>& fields) {
    const auto tag = in.ReadTag();
    if (tag == 0 || left_ == 0)
      return false;
    --left_;
    const auto number = static_cast<int>(tag >> 3U);
    const auto* field = type == nullptr ? nullptr : type->FindFieldByNumber(number);
    auto found = std::ranges::find(fields, number, &field_values::number);
    if (found == fields.end()) {
      if (fields.size() == shown_fields)
        return false;
      fields.push_back({.number = number,
                        .name = field == nullptr ? fmt::format("#{}", number) : field->name(),
                        .first = {}});
      found = fields.end() - 1;
    }
    const bool wanted = found->count < shown_values;
    auto value = read_value(in, tag & 7U, field, depth, wanted);
    if (!value)
      return false;
    ++found->count;
    if (wanted)
      found->first.push_back(std::move(*value));
    return true;
  }

  [[nodiscard]] std::optional<std::string> read_value(CodedInputStream& in, unsigned wire_type,
                                                      const FieldDescriptor* field, int depth,
                                                      bool wanted) {
    std::uint64_t integer = 0;
    std::uint32_t size = 0;
    switch (wire_type) {
    case 0:
      return in.ReadVarint64(&integer) ? std::optional{integer_value(field, integer)}
                                       : std::nullopt;
    case 1:
      return in.ReadLittleEndian64(&integer) ? std::optional{fmt::format("{:#x}", integer)}
                                             : std::nullopt;
    case 2:
      if (!in.ReadVarint32(&size) || std::cmp_greater(size, in.BytesUntilLimit()))
        return std::nullopt;
      return read_bytes(in, size, field, depth, wanted);
    case 5:
      return in.ReadLittleEndian32(&size) ? std::optional{fmt::format("{:#x}", size)}
                                          : std::nullopt;
    default:
      return std::nullopt;
    }
  }

  [[nodiscard]] std::optional<std::string> read_bytes(CodedInputStream& in, std::uint32_t size,
                                                      const FieldDescriptor* field, int depth,
                                                      bool wanted) {
    const void* at = nullptr;
    int available = 0;
    if (size != 0 && !in.GetDirectBufferPointer(&at, &available))
      return std::nullopt;
    const std::string_view bytes(static_cast<const char*>(at), size);
    if (!in.Skip(static_cast<int>(size)))
      return std::nullopt;
    if (!wanted)
      return std::string{};
    const bool is_message =
        field != nullptr && field->type() == FieldDescriptor::TYPE_MESSAGE && depth < deepest;
    return is_message ? "{" + read(field->message_type(), bytes, depth + 1) + "}"
                      : text_value(bytes);
  }

  [[nodiscard]] static std::string text_of(const field_values& field) {
    if (field.count == 0)
      return field.name + "=?";
    if (field.count == 1)
      return fmt::format("{}={}", field.name, field.first.front());
    auto out = fmt::format("{}=[{}", field.name, fmt::join(field.first, ", "));
    if (field.count > field.first.size())
      out += fmt::format(", and {} more", field.count - field.first.size());
    return out + "]";
  }

  std::size_t& left_;
};

} // namespace

std::string_view name_in_interface(std::string_view method) {
  const auto* found = find_in_interface(method);
  return found == nullptr ? std::string_view{"unknown"} : std::string_view{found->name()};
}

std::string request_text(std::string_view method, std::string_view encoded, std::size_t max_bytes) {
  std::size_t left = read_fields;
  auto out = message_text(left).read(request_of(method), encoded, 0);
  constexpr std::string_view cut = "...";
  if (out.size() > max_bytes)
    out = out.substr(0, max_bytes - std::min(max_bytes, cut.size())) + std::string{cut};
  return out;
}

} // namespace prism::dataplane
