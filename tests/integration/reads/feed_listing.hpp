#pragma once

#include "db/reads/author_feed.hpp"
#include "db/reads/list_feed.hpp"
#include "db/reads/notifications.hpp"
#include "db/reads/timeline.hpp"

#include <string>
#include <vector>

/// Reads feeds and notifications to their end, page by page: one text per row, as
/// feed_references.hpp gives it.
namespace prism::test {

/// Rows per page, and the number of rows after which to stop.
struct feed_reading {
  std::size_t page{100};
  std::size_t max_rows{100'000};
};

using listing = std::vector<std::string>;

[[nodiscard]] std::string text_of(const reads::feed_item& row);
[[nodiscard]] std::string text_of(const reads::notification& row);

[[nodiscard]] listing timeline(db::executor& on, const std::string& did, feed_reading how,
                               const reads::feed_exclusions& excluded = {});
[[nodiscard]] listing author_feed(db::executor& on, const std::string& did,
                                  reads::author_feed_kind kind, feed_reading how);
[[nodiscard]] listing list_feed(db::executor& on, const std::string& list_uri, feed_reading how,
                                const reads::feed_exclusions& excluded = {});
[[nodiscard]] listing notifications(db::executor& on, const std::string& did, bool only_followed,
                                    feed_reading how);

} // namespace prism::test
