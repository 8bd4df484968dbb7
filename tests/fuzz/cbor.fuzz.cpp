#include "atproto/cbor/cbor.hpp"
#include "atproto/cbor/cbor_head.hpp"
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
  case cbor_kind::number:
  case cbor_kind::big_integer:
  case cbor_kind::other_link:
    check(false, "canonical documents have the kinds of the data model only");
  }
  return reserved;
}

// Goes through what strangers may send, with every accessor. Returns the items, keys included.
std::size_t walk(cbor_node node, bool texts_are_valid) {
  check(!texts_are_valid || !node.is(cbor_kind::text) || node.as_text().has_value(),
        "replaced texts are UTF-8");
  check(node.is(cbor_kind::integer) == node.as_int().has_value(), "integers have a value");
  check((node.is(cbor_kind::integer) || node.is(cbor_kind::number)) == node.as_number().has_value(),
        "numbers have a value");
  check((node.is(cbor_kind::link) || node.is(cbor_kind::other_link)) ==
            node.as_any_link().has_value(),
        "links have bytes");
  check(!node.is(cbor_kind::link) ||
            std::ranges::equal(node.as_link().value().bytes(), *node.as_any_link()),
        "a link is its bytes");
  std::size_t count = 1;
  for (const auto item : node.items())
    count += walk(item, texts_are_valid);
  for (const auto [key, value] : node.pairs()) {
    check(!texts_are_valid || is_utf8(key), "replaced keys are UTF-8");
    count += 1 + walk(value, texts_are_valid);
  }
  return count;
}

void examine_received(std::span<const std::byte> input) {
  const auto kept = cbor_document::parse_received(input, bad_texts::keep);
  const auto replaced = cbor_document::parse_received(input, bad_texts::replace);
  check(kept.has_value() == replaced.has_value(), "bad texts do not decide what parses");
  check(kept || !cbor_document::parse(input), "what is canonical may be received");
  if (!kept)
    return;
  check(std::ranges::equal(kept->root().raw(), input), "the root is the whole input");
  std::size_t end = 0;
  check(skip_cbor_item(input, end, cbor_rules::received) == cbor_fault::none && end == input.size(),
        "what parses is skipped");
  check(walk(kept->root(), false) == walk(replaced->root(), true), "only texts are replaced");
  check(is_utf8(boost::json::serialize(to_json(replaced->root()))), "it can be stored as JSON");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = fuzz::bytes(data, size);
  examine_received(input);
  const auto document = cbor_document::parse(input);
  if (!document)
    return 0;
  check(walk(document->root(), true) <= size, "no more items than bytes");
  check(std::ranges::equal(document->root().raw(), input), "the root is the whole input");

  std::size_t end = 0;
  check(skip_cbor_item(input, end) == cbor_fault::none && end == size, "what parses is skipped");

  cbor_writer out;
  const bool reserved = encode(out, document->root());
  check(std::ranges::equal(out.finish().value(), input), "what parses is canonical");

  const auto again = from_json(to_json(document->root()));
  if (!reserved)
    check(again && std::ranges::equal(*again, input), "JSON loses nothing");
  return 0;
}
