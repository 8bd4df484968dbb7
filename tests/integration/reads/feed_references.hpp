#pragma once

#include "db/pg/executor.hpp"
#include "tests/integration/reads/feed_listing.hpp"

/// The same feeds in the simplest SQL, with any plan, and put in order here: what db/reads must
/// return.
namespace prism::test::reference {

/// As the pages of a timeline of this size have it: what own items leave out depends on it.
[[nodiscard]] listing timeline(db::executor& on, const std::string& did, feed_reading how);
[[nodiscard]] listing author_feed(db::executor& on, const std::string& did,
                                  reads::author_feed_kind kind, feed_reading how);
[[nodiscard]] listing list_feed(db::executor& on, const std::string& list_uri, feed_reading how);
[[nodiscard]] listing notifications(db::executor& on, const std::string& did, bool only_followed,
                                    feed_reading how);
[[nodiscard]] std::int64_t unread(db::executor& on, const std::string& did);

/// The uris of a thread: from the post upwards, and those of the replies below it, at most
/// `reads::max_thread_replies`, sorted as text.
[[nodiscard]] listing above(db::executor& on, const std::string& uri, std::int64_t height);
[[nodiscard]] listing below(db::executor& on, const std::string& uri, std::int64_t depth);

} // namespace prism::test::reference
