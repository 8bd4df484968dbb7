#include "atproto/repo/car.hpp"

#include "atproto/cbor/cbor_document.hpp"
#include "atproto/cbor/varint.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace prism::atproto {
namespace {

// A length, and the bytes that it announces.
struct section {
  std::size_t offset; // of the bytes
  std::span<const std::byte> bytes;
};

// The last section may be shorter than it says, as where the reference reads it: what is there
// still has to match its CID.
expected<section> read_section(std::span<const std::byte> input, std::size_t& offset) {
  const auto length = read_long_varint(input, offset);
  if (!length)
    return fail(errc::invalid, "car: {}", length.error().message);
  const auto size = std::min<std::uint64_t>(*length, input.size() - offset);
  const section result{offset, input.subspan(offset, size)};
  offset += size;
  return result;
}

struct header_roots {
  std::size_t count = 0;
  std::vector<cid> ours; // without links of another format
};

expected<header_roots> read_roots(const section& header, std::size_t max_roots) {
  const cbor_limits header_limits{
      .max_size = header.bytes.size(), .max_nodes = max_roots + 4096, .max_depth = 64};
  const auto document = cbor_document::parse_received(header.bytes, bad_texts::keep, header_limits);
  if (!document)
    return fail(document.error().code, "car header: {}", document.error().message);
  const auto root = document->root();
  const auto version = root.find_int("version");
  if (!version)
    return fail(errc::invalid, "car header: integer 'version' is missing");
  if (*version != 1)
    return fail(errc::invalid, "car header: version {}, must be 1", *version);
  const auto list = root.find("roots");
  if (!list || !list->is(cbor_kind::array))
    return fail(errc::invalid, "car header: 'roots' must be an array");
  if (list->size() > max_roots) {
    return fail(errc::limit, "car header: {} roots, at most {} are allowed", list->size(),
                max_roots);
  }
  header_roots roots{list->size(), {}};
  roots.ours.reserve(list->size());
  for (const auto item : list->items()) {
    if (!item.as_any_link()) {
      return fail(errc::invalid, "car header: a root must be a link, is {}",
                  to_string(item.kind()));
    }
    if (const auto id = item.as_link())
      roots.ours.push_back(*id);
  }
  return roots;
}

expected<car_block> read_block(const section& from, std::size_t max_block_size) {
  if (from.bytes.size() < cid::size) {
    return fail(errc::invalid, "car: section at offset {} has {} bytes, too few for a CID",
                from.offset, from.bytes.size());
  }
  const auto id = cid::from_received_bytes(from.bytes.first(cid::size));
  if (!id)
    return fail(errc::invalid, "car: section at offset {}: {}", from.offset, id.error().message);
  const auto data = from.bytes.subspan(cid::size);
  if (data.size() > max_block_size) {
    return fail(errc::limit, "car: block at offset {} has {} bytes, at most {} are allowed",
                from.offset, data.size(), max_block_size);
  }
  if (!id->matches(data)) {
    return fail(errc::invalid, "car: block at offset {} does not match its CID {}", from.offset,
                id->to_string());
  }
  return car_block{*id, data};
}

} // namespace

expected<car_view> car_view::parse(std::span<const std::byte> input, const car_limits& limits) {
  if (input.size() > limits.max_size || input.size() > std::numeric_limits<std::uint32_t>::max()) {
    return fail(errc::limit, "car: {} bytes, at most {} are allowed", input.size(),
                limits.max_size);
  }
  std::size_t offset = 0;
  const auto header = read_section(input, offset);
  if (!header)
    return tl::unexpected(header.error());
  auto roots = read_roots(*header, limits.max_roots);
  if (!roots)
    return tl::unexpected(std::move(roots.error()));
  car_view view;
  view.roots_ = std::move(roots->ours);
  view.root_count_ = roots->count;
  while (offset < input.size()) {
    if (view.blocks_.size() >= limits.max_blocks)
      return fail(errc::limit, "car: more than {} blocks", limits.max_blocks);
    const auto next = read_section(input, offset);
    if (!next)
      return tl::unexpected(next.error());
    const auto block = read_block(*next, limits.max_block_size);
    if (!block)
      return tl::unexpected(block.error());
    view.blocks_.push_back(*block);
  }
  view.by_cid_.resize(view.blocks_.size());
  std::iota(view.by_cid_.begin(), view.by_cid_.end(), 0U);
  std::ranges::sort(view.by_cid_, {},
                    [&](std::uint32_t i) -> const cid& { return view.blocks_[i].id; });
  return view;
}

std::optional<std::span<const std::byte>> car_view::find(const cid& id) const noexcept {
  const auto key = [&](std::uint32_t i) -> const cid& { return blocks_[i].id; };
  const auto place = std::ranges::lower_bound(by_cid_, id, {}, key);
  if (place == by_cid_.end() || key(*place) != id)
    return std::nullopt;
  return blocks_[*place].data;
}

} // namespace prism::atproto
