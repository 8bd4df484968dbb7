#pragma once

#include "db/pg/executor.hpp"
#include "tests/integration/reads/listing.hpp"

/// The same lists in the simplest SQL, with any plan: the rows that db/reads must return.
namespace prism::test::reference {

[[nodiscard]] listing timeline(db::executor& on, std::int64_t user, std::size_t max_rows);
[[nodiscard]] listing author_feed(db::executor& on, std::int64_t user, reads::author_feed_kind kind,
                                  std::size_t max_rows);
[[nodiscard]] listing notifications(db::executor& on, std::int64_t user, std::size_t max_rows);
[[nodiscard]] std::int64_t unread(db::executor& on, std::int64_t user, db::micros seen_at);
[[nodiscard]] listing followers(db::executor& on, std::int64_t user, std::size_t max_rows);
[[nodiscard]] listing follows(db::executor& on, std::int64_t user, std::size_t max_rows);
[[nodiscard]] listing likes(db::executor& on, std::int64_t post, std::size_t max_rows);
[[nodiscard]] listing reposts(db::executor& on, std::int64_t post, std::size_t max_rows);
[[nodiscard]] listing members(db::executor& on, std::int64_t list, std::size_t max_rows);
[[nodiscard]] listing quotes(db::executor& on, std::int64_t post, std::size_t max_rows);

/// Ids of the posts of a thread: from the root down to the post, and all below it.
[[nodiscard]] std::vector<std::int64_t> ancestors(db::executor& on, std::int64_t post);
[[nodiscard]] std::vector<std::int64_t> descendants(db::executor& on, std::int64_t post,
                                                    std::int64_t depth);
/// Replies to a thread's first post that its author has hidden.
[[nodiscard]] std::vector<std::int64_t> hidden(db::executor& on, std::int64_t post,
                                               std::int64_t max_rows);

} // namespace prism::test::reference
