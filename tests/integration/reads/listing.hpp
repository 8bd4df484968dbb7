#pragma once

#include "db/reads/author_feed.hpp"
#include "db/reads/notifications.hpp"
#include "db/reads/people.hpp"
#include "db/reads/posts.hpp"
#include "db/reads/timeline.hpp"

#include <string>
#include <vector>

/// Reads each list to its end, page by page: one text per row, as reference_queries gives it.
namespace prism::test {

/// Rows per page, and the number of rows after which to stop.
struct reading {
  std::size_t page{100};
  std::size_t max_rows{100'000};
};

using listing = std::vector<std::string>;

[[nodiscard]] listing timeline(db::executor& on, std::int64_t user, reading how);
[[nodiscard]] listing author_feed(db::executor& on, std::int64_t user, reads::author_feed_kind kind,
                                  reading how);
[[nodiscard]] listing notifications(db::executor& on, std::int64_t user, reading how);
[[nodiscard]] listing followers(db::executor& on, std::int64_t user, reading how);
[[nodiscard]] listing follows(db::executor& on, std::int64_t user, reading how);
[[nodiscard]] listing likes(db::executor& on, std::int64_t post, reading how);
[[nodiscard]] listing reposts(db::executor& on, std::int64_t post, reading how);
[[nodiscard]] listing members(db::executor& on, std::int64_t list, reading how);
[[nodiscard]] listing quotes(db::executor& on, std::int64_t post, reading how);

} // namespace prism::test
