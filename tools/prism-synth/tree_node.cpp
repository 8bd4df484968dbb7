#include "tree_node.hpp"

#include "atproto/cbor/cbor_writer.hpp"
#include "atproto/repo/mst_key.hpp"

#include <algorithm>

namespace prism::synth {

namespace {

void write_link(atproto::cbor_writer& out, const std::unique_ptr<tree_node>& child) {
  if (child)
    out.link(child->encode().id);
  else
    out.null();
}

} // namespace

std::size_t tree_node::position(std::string_view path) const {
  const auto at = std::lower_bound(
      entries.begin(), entries.end(), path,
      [](const tree_entry& entry, std::string_view wanted) { return entry.path < wanted; });
  return static_cast<std::size_t>(at - entries.begin());
}

const block& tree_node::encode() {
  if (encoded)
    return *encoded;
  atproto::cbor_writer out;
  std::string_view previous;
  out.begin_map().key("e").begin_array();
  for (const auto& entry : entries) {
    const auto shared = atproto::common_prefix(previous, entry.path);
    out.begin_map();
    out.key("k").bytes(std::as_bytes(std::span{entry.path}.subspan(shared)));
    out.key("p").integer(static_cast<std::int64_t>(shared));
    out.key("t");
    write_link(out, entry.right);
    out.key("v").link(entry.record);
    out.end_map();
    previous = entry.path;
  }
  out.end_array().key("l");
  write_link(out, left);
  auto data = out.end_map().finish().value();
  const auto id = atproto::cid::of_dag_cbor(data);
  return encoded.emplace(block{id, std::move(data)});
}

} // namespace prism::synth
