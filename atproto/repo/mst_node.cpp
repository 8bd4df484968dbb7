#include "atproto/repo/mst_node.hpp"

#include "atproto/cbor/cbor_document.hpp"
#include "atproto/repo/mst_key.hpp"

#include <algorithm>

namespace prism::atproto {
namespace {

// Nine items per entry: the map, four keys and their values.
constexpr cbor_limits node_limits{
    .max_size = 1'000'000, .max_nodes = max_mst_entries * 9 + 5, .max_depth = 3};

// An entry as it is encoded.
struct raw_entry {
  std::size_t prefix;
  std::span<const std::byte> suffix;
  cid value;
  std::optional<cid> right;
};

// A nullable link to a node. Since nodes are reproducible, the field may not be left out.
expected<std::optional<cid>> subtree(cbor_node map, std::string_view key) {
  const auto field = map.find(key);
  if (field && field->is(cbor_kind::null))
    return std::nullopt;
  const auto link = field ? field->as_link() : std::nullopt;
  if (!link || link->codec() != cid_codec::dag_cbor)
    return fail(errc::invalid, "'{}' must be null or a dag-cbor link", key);
  return link;
}

expected<raw_entry> read_entry(cbor_node item) {
  const auto prefix = item.find_int("p");
  const auto suffix = item.find_bytes("k");
  const auto value = item.find_link("v");
  if (item.size() != 4 || !prefix || *prefix < 0 || !suffix || !value)
    return fail(errc::invalid, "must have exactly p (integer), k (bytes), v (link) and t");
  auto right = subtree(item, "t");
  if (!right)
    return tl::unexpected(std::move(right.error()));
  return raw_entry{static_cast<std::size_t>(*prefix), *suffix, *value, *right};
}

struct raw_node {
  std::optional<cid> left;
  std::vector<raw_entry> entries;
  std::size_t key_bytes = 0; // of all keys after expansion
};

// Checks everything that does not need an expanded key, including the cost of expanding.
expected<raw_node> read_node(cbor_node root) {
  const auto list = root.find("e");
  if (!list || !list->is(cbor_kind::array) || root.size() != 2)
    return fail(errc::invalid, "must be a map of exactly e (array) and l");
  if (list->size() > max_mst_entries)
    return fail(errc::limit, "{} entries, at most {} are allowed", list->size(), max_mst_entries);
  auto left = subtree(root, "l");
  if (!left)
    return tl::unexpected(std::move(left.error()));
  raw_node node{*left, {}, 0};
  node.entries.reserve(list->size());
  std::size_t previous_size = 0;
  for (const auto item : list->items()) {
    const std::size_t index = node.entries.size();
    auto entry = read_entry(item);
    if (!entry)
      return fail(errc::invalid, "entry {}: {}", index, entry.error().message);
    if (entry->prefix > previous_size) {
      return fail(errc::invalid, "entry {}: prefix of {} bytes, the key before has {}", index,
                  entry->prefix, previous_size);
    }
    previous_size = entry->prefix + entry->suffix.size();
    if (previous_size > max_mst_key) {
      return fail(errc::limit, "entry {}: key of {} bytes, at most {} are allowed", index,
                  previous_size, max_mst_key);
    }
    node.key_bytes += previous_size;
    node.entries.push_back(*std::move(entry));
  }
  return node;
}

// Appends the key of `entry` to `keys`, which has room for it.
std::string_view expand(std::vector<char>& keys, const raw_entry& entry,
                        std::string_view previous) {
  const std::size_t start = keys.size();
  const auto prefix = previous.substr(0, entry.prefix);
  std::ranges::copy(prefix, std::back_inserter(keys));
  std::ranges::transform(entry.suffix, std::back_inserter(keys),
                         [](std::byte b) { return static_cast<char>(b); });
  return {keys.data() + start, keys.size() - start};
}

// The reason why this cannot be the entry after `previous`, empty if it can.
std::string_view fault_in_key(std::string_view key, std::size_t prefix, std::string_view previous) {
  if (!is_mst_key(key))
    return "key is not a repository path";
  if (!previous.empty() && key <= previous)
    return "key is not greater than the one before";
  if (prefix != common_prefix(previous, key))
    return "prefix length is not that of the common prefix";
  return {};
}

} // namespace

expected<mst_node> mst_node::decode(std::span<const std::byte> block) {
  const auto document = cbor_document::parse(block, node_limits);
  if (!document)
    return fail(document.error().code, "mst node: {}", document.error().message);
  const auto raw = read_node(document->root());
  if (!raw)
    return fail(raw.error().code, "mst node: {}", raw.error().message);
  mst_node node;
  node.left_ = raw->left;
  node.keys_.reserve(raw->key_bytes); // and never beyond, for entries point into it
  node.entries_.reserve(raw->entries.size());
  std::string_view previous;
  for (const auto& entry : raw->entries) {
    const auto key = expand(node.keys_, entry, previous);
    if (const auto fault = fault_in_key(key, entry.prefix, previous); !fault.empty())
      return fail(errc::invalid, "mst node: entry {}: {}", node.entries_.size(), fault);
    const unsigned height = mst_key_height(key);
    if (height != node.layer_.value_or(height)) {
      return fail(errc::invalid, "mst node: entry {}: height {} in a node of layer {}",
                  node.entries_.size(), height, *node.layer_);
    }
    node.layer_ = height;
    node.entries_.push_back({key, entry.value, entry.right});
    previous = key;
  }
  return node;
}

} // namespace prism::atproto
