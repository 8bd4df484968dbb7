#include "inversion.hpp"

#include "atproto/cbor/cbor_writer.hpp"
#include "atproto/repo/mst.hpp"

#include <algorithm>

namespace prism::test {

using namespace atproto;

namespace {

/// A flattened partial tree: its records in order, and between them missing subtrees.
struct item {
  std::string path; ///< empty: a subtree
  cid id;           ///< of the record, or of the subtree's top node
  unsigned layer;
};
using items = std::vector<item>;

class flattener {
public:
  explicit flattener(const car_view& blocks) : blocks_(blocks) {}

  expected<void> add(const cid& id, unsigned layer, bool top) {
    const auto block = blocks_.find(id);
    if (!block) {
      flat.push_back({{}, id, layer});
      return {};
    }
    const auto node = mst_node::decode(*block);
    if (!node)
      return tl::unexpected(node.error());
    if (top)
      layer = node->layer().value_or(0);
    if (node->left())
      if (auto done = add(*node->left(), layer - 1, false); !done)
        return done;
    for (const auto& entry : node->entries()) {
      flat.push_back({std::string{entry.key}, entry.value, layer});
      if (entry.right)
        if (auto done = add(*entry.right, layer - 1, false); !done)
          return done;
    }
    return {};
  }

  items flat;

private:
  const car_view& blocks_;
};

expected<cid> build(std::span<const item> from, unsigned layer) {
  if (from.size() == 1 && from.front().path.empty() && from.front().layer == layer)
    return from.front().id;
  std::vector<std::optional<cid>> gaps;
  std::vector<const item*> own;
  for (auto rest = from;;) {
    const auto next = std::find_if(rest.begin(), rest.end(), [&](const item& each) {
      return !each.path.empty() && each.layer == layer;
    });
    const auto below = static_cast<std::size_t>(next - rest.begin());
    gaps.emplace_back();
    if (below > 0) {
      if (layer == 0)
        return fail(errc::invalid, "a subtree would have to be merged, and is not there");
      auto child = build(rest.first(below), layer - 1);
      if (!child)
        return child;
      gaps.back() = *child;
    }
    if (next == rest.end())
      break;
    own.push_back(&*next);
    rest = rest.subspan(below + 1);
  }
  if (own.empty() &&
      std::any_of(from.begin(), from.end(), [&](const item& each) { return each.layer >= layer; }))
    return fail(errc::invalid, "two subtrees meet, and are not there");
  cbor_writer out;
  const auto link = [&](const std::optional<cid>& to) { to ? out.link(*to) : out.null(); };
  out.begin_map().key("l");
  link(gaps.front());
  out.key("e").begin_array();
  std::string_view previous;
  for (std::size_t i = 0; i < own.size(); ++i) {
    const auto shared = common_prefix(previous, own[i]->path);
    out.begin_map().key("p").integer(static_cast<std::int64_t>(shared));
    out.key("k").bytes(std::as_bytes(std::span{own[i]->path}.subspan(shared)));
    out.key("v").link(own[i]->id).key("t");
    link(gaps[i + 1]);
    out.end_map();
    previous = own[i]->path;
  }
  return cid::of_dag_cbor(out.end_array().end_map().finish().value());
}

/// Inverts one operation.
expected<void> take_back(items& flat, const repo_op& op) {
  const auto at = std::find_if(flat.begin(), flat.end(),
                               [&](const item& each) { return each.path == op.path; });
  if (op.action == repo_action::remove) {
    // After the last record before it; between the two nothing may be unknown.
    auto place = std::find_if(flat.begin(), flat.end(), [&](const item& each) {
      return !each.path.empty() && each.path > op.path;
    });
    if (at != flat.end() || !op.prev)
      return fail(errc::invalid, "{}: deleted and still there, or without prev", op.path);
    if (place != flat.begin() && std::prev(place)->path.empty())
      return fail(errc::invalid, "{}: belongs into a subtree that is not there", op.path);
    flat.insert(place, {std::string{op.path}, *op.prev, mst_key_height(op.path)});
    return {};
  }
  if (at == flat.end() || at->id != op.record)
    return fail(errc::invalid, "{}: not in the tree", op.path);
  if (op.action == repo_action::create)
    flat.erase(at);
  else
    at->id = op.prev.value();
  return {};
}

} // namespace

expected<cid> root_before(const car_view& blocks, const cid& root,
                          const std::vector<repo_op>& operations) {
  flattener tree{blocks};
  if (auto done = tree.add(root, 0, true); !done)
    return tl::unexpected(done.error());
  for (const auto& op : operations)
    if (auto done = take_back(tree.flat, op); !done)
      return tl::unexpected(done.error());
  unsigned top = 0;
  for (const auto& each : tree.flat)
    top = std::max(top, each.layer);
  return build(tree.flat, top);
}

} // namespace prism::test
