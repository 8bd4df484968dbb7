#include "atproto/cbor/cbor.hpp"
#include "atproto/cbor/cbor_head.hpp"
#include "atproto/cbor/data_model.hpp"
#include "atproto/cbor/json_codec.hpp"
#include "atproto/text/utf8.hpp"
#include "check.hpp"

#include <algorithm>
#include <boost/json.hpp>

using namespace prism;
using namespace prism::atproto;
using fuzz::check;

namespace {

// Encodes what was decoded, through the accessors. Tells whether it met a reserved key.
bool encode(cbor_writer& out, cbor_node node) {
  bool reserved = false;
  switch (node.kind()) {
  case cbor_kind::null:
    out.null();
    break;
  case cbor_kind::boolean:
    out.boolean(node.as_bool().value());
    break;
  case cbor_kind::integer:
    out.integer(node.as_int().value());
    break;
  case cbor_kind::bytes:
    out.bytes(node.as_bytes().value());
    break;
  case cbor_kind::text:
    check(is_utf8(node.as_text().value()), "text is UTF-8");
    out.text(node.as_text().value());
    break;
  case cbor_kind::link:
    out.link(node.as_link().value());
    break;
  case cbor_kind::array: {
    out.begin_array();
    std::size_t count = 0;
    for (const auto item : node.items()) {
      reserved |= encode(out, item);
      ++count;
    }
    check(count == node.size(), "an array has as many items as it says");
    out.end_array();
    break;
  }
  case cbor_kind::map: {
    out.begin_map();
    std::size_t count = 0;
    for (const auto [key, value] : node.pairs()) {
      reserved |= key == "$link" || key == "$bytes";
      out.key(key);
      reserved |= encode(out, value);
      ++count;
    }
    check(count == node.size(), "a map has as many pairs as it says");
    out.end_map();
    break;
  }
  }
  return reserved;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = fuzz::bytes(data, size);
  const auto document = cbor_document::parse(input);
  if (!document)
    return 0;
  check(document->node_count() <= size, "no more items than bytes");
  check(std::ranges::equal(document->root().raw(), input), "the root is the whole input");

  std::size_t end = 0;
  check(skip_cbor_item(input, end) == cbor_fault::none && end == size, "what parses is skipped");

  cbor_writer out;
  const bool reserved = encode(out, document->root());
  check(std::ranges::equal(out.finish().value(), input), "what parses is canonical");

  (void)check_data_model(document->root());
  const auto again = from_json(to_json(document->root()));
  if (!reserved)
    check(again && std::ranges::equal(*again, input), "JSON loses nothing");
  return 0;
}
