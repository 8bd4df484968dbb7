#pragma once

#include "db/executor.hpp"

#include <string>
#include <unordered_map>
#include <vector>

namespace prism::db {

/// The texts of uris, by id. Unknown ids are left out. Index: primary keys.
[[nodiscard]] outcome<std::unordered_map<std::int64_t, std::string>>
select_uri_texts(executor& on, const std::vector<std::int64_t>& ids);

} // namespace prism::db
