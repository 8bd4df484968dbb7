#pragma once

#include "core/cluster/table.hpp"
#include "db/pg/pipeline.hpp"

#include <string_view>

/// How the table of a cluster is read: in one statement, so all of it is of one moment.
namespace prism::db {

/// Dead members in a table that was read. The newest, and the reader itself if it is dead.
inline constexpr int dead_members_read = 20;

/// @param self the reader; may be empty.
/// @returns the index of the result for `table_of`.
std::size_t queue_read_table(pipeline& out, std::string_view service, std::string_view self);

[[nodiscard]] cluster::table table_of(const result& rows);

} // namespace prism::db
