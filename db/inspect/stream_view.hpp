#pragma once

#include "db/inspect/lookup.hpp"
#include "inspect/explanation.hpp"
#include "inspect/node_facts.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace prism::db {

/// How far the node has come in the stream, for one repo.
struct stream_view {
  enum class state : std::uint8_t { up_to_date, behind, unknown };
  state how{state::unknown};
  std::string service; ///< empty: no node has followed a stream on this database
  std::int64_t base{0};
  std::string detail; ///< shard, cursor, since when, why it is behind
  std::optional<std::int64_t> moved_at{};

  [[nodiscard]] explanations::check as_check() const;

  /// A place in words: "seq 5", or "place 1281" for one of an earlier stream.
  [[nodiscard]] std::string where(std::int64_t place) const;
};

/// Reads the cursor of the repo's shard, one descent.
[[nodiscard]] stream_view view_stream(lookup& in, std::string_view did,
                                      const explanations::node_facts& facts);

} // namespace prism::db
