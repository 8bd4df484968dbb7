#include "atproto/cbor/data_model.hpp"

namespace prism::atproto {
namespace {

std::string_view fault_in_blob(cbor_node blob) {
  const auto ref = blob.find_link("ref");
  if (!ref || ref->codec() != cid_codec::raw)
    return "'ref' of a blob must be a raw link";
  if (blob.find_text("mimeType").value_or("").empty())
    return "'mimeType' of a blob must be text that is not empty";
  if (blob.find_int("size").value_or(0) <= 0)
    return "'size' of a blob must be a positive integer";
  return {};
}

std::string_view fault_in_map(cbor_node map) {
  const auto type = map.find("$type");
  if (!type)
    return {};
  const auto name = type->as_text().value_or("");
  if (name.empty())
    return "'$type' must be text that is not empty";
  return name == "blob" ? fault_in_blob(map) : std::string_view{};
}

// Recursion is as deep as the document, 64 levels at most.
expected<void> check(cbor_node node) {
  for (const auto item : node.items())
    if (auto checked = check(item); !checked)
      return checked;
  if (!node.is(cbor_kind::map))
    return {};
  if (const auto fault = fault_in_map(node); !fault.empty())
    return fail(errc::invalid, "data model: {} (map at offset {})", fault, node.offset());
  for (const auto [key, value] : node.pairs())
    if (auto checked = check(value); !checked)
      return checked;
  return {};
}

} // namespace

expected<void> check_data_model(cbor_node record) {
  if (!record.is(cbor_kind::map)) {
    return fail(errc::invalid, "data model: a record must be a map, is {}",
                to_string(record.kind()));
  }
  return check(record);
}

} // namespace prism::atproto
