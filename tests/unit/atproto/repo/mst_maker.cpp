#include "mst_maker.hpp"

#include "atproto/cbor/cbor_writer.hpp"
#include "atproto/repo/mst_key.hpp"
#include "car_maker.hpp"

#include <algorithm>
#include <span>

namespace prism::test {

using namespace atproto;

namespace {

struct record {
  std::string path;
  cid value;
  unsigned height;
};

class builder {
public:
  // The node of `layer` over `records`, none of which belongs to a higher layer.
  cid node(std::span<const record> records, unsigned layer) {
    std::optional<cid> left;
    std::vector<raw_mst_entry> entries;
    std::string_view previous;
    while (true) {
      const auto next = std::ranges::find(records, layer, &record::height);
      const auto below = static_cast<std::size_t>(next - records.begin());
      auto& link = entries.empty() ? left : entries.back().right;
      if (below > 0)
        link = node(records.first(below), layer - 1);
      if (next == records.end())
        break;
      const std::size_t shared = common_prefix(previous, next->path);
      entries.push_back({static_cast<std::int64_t>(shared), next->path.substr(shared), next->value,
                         std::nullopt});
      previous = next->path;
      records = records.subspan(below + 1);
    }
    return keep(encode_mst_node(left, entries));
  }

  std::map<cid, std::vector<std::byte>> nodes;

private:
  cid keep(std::vector<std::byte> block) {
    const auto id = cid::of_dag_cbor(block);
    nodes.emplace(id, std::move(block));
    return id;
  }
};

void write_link(cbor_writer& out, const std::optional<cid>& link) {
  if (link)
    out.link(*link);
  else
    out.null();
}

} // namespace

std::vector<std::byte> encode_mst_node(const std::optional<cid>& left,
                                       const std::vector<raw_mst_entry>& entries) {
  cbor_writer out;
  out.begin_map().key("l");
  write_link(out, left);
  out.key("e").begin_array();
  for (const auto& entry : entries) {
    out.begin_map();
    out.key("p").integer(entry.prefix);
    out.key("k").bytes(std::as_bytes(std::span{entry.suffix}));
    out.key("v").link(entry.value);
    out.key("t");
    write_link(out, entry.right);
    out.end_map();
  }
  return out.end_array().end_map().finish().value();
}

std::vector<std::byte> made_mst::car() const {
  std::vector<std::vector<std::byte>> blocks;
  for (const auto& [id, block] : nodes)
    blocks.push_back(block);
  return make_car({root}, blocks);
}

made_mst make_mst(const std::map<std::string, cid>& records) {
  std::vector<record> sorted;
  unsigned top = 0;
  for (const auto& [path, value] : records) {
    sorted.push_back({path, value, mst_key_height(path)});
    top = std::max(top, sorted.back().height);
  }
  builder build;
  const auto root = build.node(sorted, top);
  return {root, std::move(build.nodes)};
}

} // namespace prism::test
