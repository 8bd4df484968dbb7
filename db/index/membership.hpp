#pragma once

#include "db/pg/pipeline.hpp"

#include <string_view>

/// Work on the rows of a shard that another node may own: the node that does it must be a live
/// member of its cluster (db/cluster), instead of holding the shard's token.
namespace prism::db {

/// Queue it behind the statement that locks the cursor: who moves the shard afterwards waits for
/// that lock.
/// @param node its UUID. @returns the index of the result for `read_member`.
std::size_t queue_check_member(pipeline& out, std::string_view node);

/// Error with `fenced_state` if the node is dead or unknown.
[[nodiscard]] outcome<void> read_member(const result& rows, std::string_view node);

} // namespace prism::db
