#include "atproto/cbor/json_codec.hpp"

#include "atproto/cbor/cbor_writer.hpp"
#include "atproto/text/base32.hpp"
#include "atproto/text/base58.hpp"
#include "atproto/text/base64.hpp"

#include <boost/json.hpp>
#include <cmath>
#include <limits>
#include <string>

namespace prism::atproto {
namespace {

namespace json = boost::json;

constexpr std::size_t max_depth = 64;
constexpr std::string_view link_key = "$link";
constexpr std::string_view bytes_key = "$bytes";

std::string_view view(const json::string& text) {
  return {text.data(), text.size()};
}

// Recursion is as deep as the depth limit at most.
class encoder {
public:
  expected<std::vector<std::byte>> run(const json::value& value) {
    if (!item(value, 0))
      return tl::unexpected(std::move(failure_));
    return out_.finish();
  }

private:
  template <class... Args>
  bool refuse(errc code, fmt::format_string<Args...> format, Args&&... args) {
    failure_ = {code,
                "json at '" + path_ + "': " + fmt::format(format, std::forward<Args>(args)...)};
    return false;
  }

  bool item(const json::value& value, std::size_t depth) {
    switch (value.kind()) {
    case json::kind::null:
      out_.null();
      return true;
    case json::kind::bool_:
      out_.boolean(value.get_bool());
      return true;
    case json::kind::int64:
      out_.integer(value.get_int64());
      return true;
    case json::kind::uint64:
      return refuse(errc::invalid, "integer {} is outside the signed 64-bit range",
                    value.get_uint64());
    case json::kind::double_:
      return number(value.get_double());
    case json::kind::string:
      out_.text(view(value.get_string()));
      return true;
    case json::kind::array:
      return array(value.get_array(), depth);
    case json::kind::object:
      break;
    }
    return object(value.get_object(), depth);
  }

  bool enter(std::size_t depth) {
    return depth < max_depth || refuse(errc::limit, "nested more than {} levels", max_depth);
  }

  // JSON has one kind of number only, so 123.0 is the integer 123 (interop fixture "float, but
  // integer-like") as long as a double holds it exactly.
  bool number(double value) {
    constexpr double exact = 9007199254740992.0; // 2^53
    if (value != std::trunc(value) || std::abs(value) > exact)
      return refuse(errc::invalid, "floating-point numbers are not allowed");
    out_.integer(static_cast<std::int64_t>(value));
    return true;
  }

  bool array(const json::array& array, std::size_t depth) {
    if (!enter(depth))
      return false;
    out_.begin_array();
    for (std::size_t i = 0; i < array.size(); ++i)
      if (!nested("/" + std::to_string(i), array[i], depth))
        return false;
    out_.end_array();
    return true;
  }

  bool object(const json::object& object, std::size_t depth) {
    if (const auto* cid_text = object.if_contains(link_key))
      return solitary(object, link_key) && link(*cid_text);
    if (const auto* base64 = object.if_contains(bytes_key))
      return solitary(object, bytes_key) && bytes(*base64);
    if (!enter(depth)) // unlike these two, which are no maps in the data model
      return false;
    out_.begin_map();
    for (const auto& [key, value] : object) {
      const std::string_view name{key.data(), key.size()};
      out_.key(name);
      if (!nested("/" + std::string{name}, value, depth))
        return false;
    }
    out_.end_map();
    return true;
  }

  bool nested(const std::string& step, const json::value& value, std::size_t depth) {
    const std::size_t length = path_.size();
    path_ += step;
    const bool good = item(value, depth + 1);
    path_.resize(length);
    return good;
  }

  bool solitary(const json::object& object, std::string_view key) {
    return object.size() == 1 ||
           refuse(errc::invalid, "an object with {} must have no other key", key);
  }

  bool link(const json::value& value) {
    if (!value.is_string())
      return refuse(errc::invalid, "{} must be text", link_key);
    const auto id = cid::parse(view(value.get_string()));
    if (!id)
      return refuse(errc::invalid, "{}: {}", link_key, id.error().message);
    out_.link(*id);
    return true;
  }

  bool bytes(const json::value& value) {
    if (!value.is_string())
      return refuse(errc::invalid, "{} must be text", bytes_key);
    const auto data = base64_decode(view(value.get_string()));
    if (!data)
      return refuse(errc::invalid, "{}: {}", bytes_key, data.error().message);
    out_.bytes(*data);
    return true;
  }

  cbor_writer out_;
  std::string path_;
  error failure_;
};

} // namespace

std::string cid_text(std::span<const std::byte> id) {
  return id.front() == std::byte{0x12} ? base58_encode(id) : 'b' + base32_encode(id);
}

json::value to_json(cbor_node node) {
  switch (node.kind()) {
  case cbor_kind::null:
    return nullptr;
  case cbor_kind::boolean:
    return *node.as_bool();
  case cbor_kind::integer:
    return *node.as_int();
  case cbor_kind::text: {
    const auto text = *node.as_text();
    return json::string(json::string_view{text.data(), text.size()});
  }
  case cbor_kind::bytes:
    return json::object{{bytes_key, json::string(base64_encode(*node.as_bytes()))}};
  case cbor_kind::link:
  case cbor_kind::other_link:
    return json::object{{link_key, json::string(cid_text(*node.as_any_link()))}};
  case cbor_kind::number:
    return *node.as_number();
  case cbor_kind::big_integer:
    return nullptr; // JSON has no such number that everybody reads
  case cbor_kind::array: {
    json::array array;
    array.reserve(node.size());
    for (const auto item : node.items())
      array.push_back(to_json(item));
    return array;
  }
  case cbor_kind::map:
    break;
  }
  json::object object;
  object.reserve(node.size());
  for (const auto [key, value] : node.pairs())
    object.emplace(json::string_view{key.data(), key.size()}, to_json(value));
  return object;
}

expected<std::vector<std::byte>> from_json(const json::value& value) {
  return encoder{}.run(value);
}

} // namespace prism::atproto
