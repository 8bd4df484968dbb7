#include "atproto/cbor/json_text.hpp"

#include "atproto/cbor/json_codec.hpp"
#include "atproto/text/base64.hpp"

#include <fmt/format.h>
#include <iterator>

namespace prism::atproto {

namespace {

[[nodiscard]] bool is_plain(char c) noexcept {
  return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
}

void append_escape(std::string& out, char c) {
  switch (c) {
  case '"':
    out += "\\\"";
    return;
  case '\\':
    out += "\\\\";
    return;
  case '\n':
    out += "\\n";
    return;
  case '\r':
    out += "\\r";
    return;
  case '\t':
    out += "\\t";
    return;
  default:
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
  }
}

void append_text(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && is_plain(text[plain]))
      ++plain;
    out += text.substr(0, plain);
    if (plain == text.size())
      break;
    append_escape(out, text[plain]);
    text.remove_prefix(plain + 1);
  }
  out += '"';
}

} // namespace

void append_json(std::string& out, cbor_node node) {
  switch (node.kind()) {
  case cbor_kind::null:
  case cbor_kind::big_integer: // JSON has no such number that everybody reads
    out += "null";
    return;
  case cbor_kind::boolean:
    out += *node.as_bool() ? "true" : "false";
    return;
  case cbor_kind::integer:
    fmt::format_to(std::back_inserter(out), "{}", *node.as_int());
    return;
  case cbor_kind::number:
    fmt::format_to(std::back_inserter(out), "{}", *node.as_number());
    return;
  case cbor_kind::text:
    append_text(out, node.as_unchecked_text().value_or(std::string_view{}));
    return;
  case cbor_kind::bytes:
    out += R"({"$bytes":")";
    out += base64_encode(*node.as_bytes());
    out += "\"}";
    return;
  case cbor_kind::link:
  case cbor_kind::other_link:
    out += R"({"$link":")";
    out += cid_text(*node.as_any_link());
    out += "\"}";
    return;
  case cbor_kind::array: {
    char before = '[';
    for (const auto item : node.items()) {
      out += before;
      append_json(out, item);
      before = ',';
    }
    out += before == '[' ? "[]" : "]";
    return;
  }
  case cbor_kind::map:
    break;
  }
  char before = '{';
  for (const auto [key, value] : node.pairs()) {
    out += before;
    append_text(out, key);
    out += ':';
    append_json(out, value);
    before = ',';
  }
  out += before == '{' ? "{}" : "}";
}

} // namespace prism::atproto
