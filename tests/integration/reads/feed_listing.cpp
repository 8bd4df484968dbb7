#include "tests/integration/reads/feed_listing.hpp"

#include "tests/support/must.hpp"

#include <fmt/format.h>

namespace prism::test {

namespace {

/// @param parse reads a cursor
/// @param read_page returns the page after one
template <class Parse, class ReadPage>
[[nodiscard]] listing read_all(feed_reading how, Parse parse, ReadPage read_page) {
  listing out;
  std::string cursor;
  for (;;) {
    auto page = must(read_page(parse(cursor).value()));
    CHECK(page.rows.size() <= how.page);
    for (const auto& row : page.rows)
      if (out.size() < how.max_rows)
        out.push_back(text_of(row));
    if (page.cursor.empty() || out.size() >= how.max_rows)
      return out;
    REQUIRE(page.cursor != cursor);
    cursor = page.cursor;
  }
}

} // namespace

std::string text_of(const reads::feed_item& row) {
  return fmt::format("{} {} {} {}", row.sort_at, row.cid, row.uri, row.repost_uri);
}

std::string text_of(const reads::notification& row) {
  return fmt::format("{} {} {} {} {}", row.created_at, static_cast<int>(row.reason), row.uri,
                     row.subject_uri, row.from_followed ? "followed" : "");
}

listing timeline(db::executor& on, const std::string& did, feed_reading how,
                 const reads::feed_exclusions& excluded) {
  reads::session session(on);
  return read_all(how, reads::parse_list_cursor, [&](const auto& after) {
    return reads::timeline(session, did, after, how.page, excluded);
  });
}

listing author_feed(db::executor& on, const std::string& did, reads::author_feed_kind kind,
                    feed_reading how) {
  reads::session session(on);
  return read_all(how, reads::parse_list_cursor, [&](const auto& after) {
    return reads::author_feed(session, did, kind, after, how.page);
  });
}

listing list_feed(db::executor& on, const std::string& list_uri, feed_reading how,
                  const reads::feed_exclusions& excluded) {
  reads::session session(on);
  return read_all(how, reads::parse_list_cursor, [&](const auto& after) {
    return reads::list_feed(session, list_uri, after, how.page, excluded);
  });
}

listing notifications(db::executor& on, const std::string& did, bool only_followed,
                      feed_reading how) {
  return read_all(how, reads::parse_notification_cursor, [&](const auto& after) {
    return reads::notifications(on, did, after, how.page, only_followed);
  });
}

} // namespace prism::test
