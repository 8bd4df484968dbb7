#pragma once

#include <string_view>

/// The SQL of `record_look_up`, by how the records of a collection are kept. Each text is valid
/// until the program ends. Any thread.
namespace prism::db::record_sql {

// `record_look_up::records`.

/// Records kept whole, by path.
[[nodiscard]] const char* kept_by_path(std::string_view table);
/// Records kept whole, by the id of a uri.
[[nodiscard]] const char* kept_by_id(std::string_view table);
[[nodiscard]] const char* declarations(std::string_view kind);
/// Likes and reposts.
[[nodiscard]] const char* subjects(std::string_view table, std::string_view kind);
/// Follows and blocks.
[[nodiscard]] const char* pairs(std::string_view table);
[[nodiscard]] const char* posts();
[[nodiscard]] const char* list_items();

// `record_look_up::paths`.

/// Of records kept by the id of a uri.
[[nodiscard]] const char* paths_of_uris(std::string_view table);
/// Of records kept by path.
[[nodiscard]] const char* own_paths(std::string_view table);
[[nodiscard]] const char* own_or_parked_paths(std::string_view table, std::string_view kind);
[[nodiscard]] const char* declaration_paths(std::string_view kind);

} // namespace prism::db::record_sql
