#pragma once

#include "atproto/cbor/cid.hpp"
#include "core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace prism::atproto {

/// Caps on a CAR. The defaults fit the `blocks` of a firehose event; a whole repository needs more.
struct car_limits {
  /// Bytes of the file, below 4 GiB.
  std::size_t max_size = 2'000'000;
  /// Bytes of one block: that of the largest record (sync spec), which no MST node comes near.
  std::size_t max_block_size = 1'000'000;
  /// Number of blocks. One costs 60 bytes of memory beside its own. 200 operations at both edges of
  /// a tree twelve levels deep need 5,000.
  std::size_t max_blocks = 16'384;
  /// Number of roots; atproto uses the first only.
  std::size_t max_roots = 1'024;
};

/// One block of a CAR.
struct car_block {
  cid id;
  std::span<const std::byte> data; ///< in the input
};

/// A CAR v1 file in memory (repository spec, "CAR File Serialization"). Zero copy: blocks point
/// into the input, which must outlive the view. Immutable, so any thread may read it.
///
/// Every block is hashed while parsing, so a view contains only blocks that match their CIDs. Doing
/// it later saves nothing: a consumer reads the commit, every record and every MST node of the
/// proof anyway, and would have to track what it has checked.
///
/// Duplicate and unused blocks and any order of blocks are accepted, as the specification requires.
class car_view {
public:
  /// Header and CIDs as the reference reads them (docs/DECODING.md).
  /// @returns `errc::invalid` or `errc::limit` with the offset: not version 1, a block whose CID is
  /// not version 1 with SHA-256 or does not match it, truncation, an excess.
  [[nodiscard]] static expected<car_view> parse(std::span<const std::byte> input,
                                                const car_limits& limits = {});

  car_view(car_view&&) noexcept = default;
  car_view& operator=(car_view&&) noexcept = default;
  car_view(const car_view&) = delete;
  car_view& operator=(const car_view&) = delete;
  ~car_view() = default;

  /// Those that `cid` can hold; there may be none. That of a firehose event is the commit object.
  [[nodiscard]] std::span<const cid> roots() const noexcept { return roots_; }
  /// The first of them; only if there is one.
  [[nodiscard]] const cid& root() const noexcept { return roots_.front(); }

  /// The roots of the header, of any format.
  [[nodiscard]] std::size_t root_count() const noexcept { return root_count_; }

  /// All blocks in the order of the file.
  [[nodiscard]] std::span<const car_block> blocks() const noexcept { return blocks_; }

  /// The bytes of a block, if present. O(log n), also for adversarial CIDs.
  [[nodiscard]] std::optional<std::span<const std::byte>> find(const cid& id) const noexcept;

private:
  car_view() = default;

  std::vector<cid> roots_;
  std::size_t root_count_ = 0;
  std::vector<car_block> blocks_;
  std::vector<std::uint32_t> by_cid_; // indexes into blocks_, in the order of their CIDs
};

} // namespace prism::atproto
