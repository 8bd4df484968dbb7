#include "tests/integration/reads/listing.hpp"

#include "tests/support/must.hpp"

#include <fmt/format.h>

namespace prism::test {

namespace {

using namespace prism::reads;

/// @param read_page returns the page after a position.
template <class Position, class ReadPage, class Text>
[[nodiscard]] listing read_all(Position from, reading how, ReadPage read_page, Text text_of) {
  listing out;
  for (;;) {
    auto page = must(read_page(from));
    CHECK(page.rows.size() <= how.page);
    for (const auto& row : page.rows)
      if (out.size() < how.max_rows)
        out.push_back(text_of(row));
    if (!page.next || out.size() >= how.max_rows)
      return out;
    from = *page.next;
  }
}

[[nodiscard]] std::string item_text(const feed_item& row) {
  return fmt::format("{} {} {} {} {}", row.originator_did, row.sort_at, row.post_did, row.post_rkey,
                     row.repost_rkey);
}

[[nodiscard]] std::string person_text(const person& row) {
  return fmt::format("{} {} {} {} {}", row.user_id, row.did, row.handle, row.created_at, row.rkey);
}

template <class Read>
[[nodiscard]] listing people(db::executor& on, std::int64_t of, reading how, Read read) {
  return read_all(
      highest_id, how, [&](auto from) { return read(on, of, from, how.page); }, person_text);
}

} // namespace

listing timeline(db::executor& on, std::int64_t user, reading how) {
  return read_all(
      feed_position{}, how,
      [&](const auto& from) { return reads::timeline(on, user, from, how.page); }, item_text);
}

listing author_feed(db::executor& on, std::int64_t user, author_feed_kind kind, reading how) {
  return read_all(
      feed_position{}, how,
      [&](const auto& from) { return reads::author_feed(on, user, kind, from, how.page); },
      item_text);
}

listing notifications(db::executor& on, std::int64_t user, reading how) {
  return read_all(
      notification_position{}, how,
      [&](const auto& from) { return reads::notifications(on, user, from, how.page); },
      [](const notification& row) {
        return fmt::format("{} {} {} {} {} {} {} {}", row.created_at, row.author_did,
                           static_cast<int>(row.reason), row.rkey, row.subject_id, row.subject_did,
                           row.subject_kind, row.subject_rkey);
      });
}

listing followers(db::executor& on, std::int64_t user, reading how) {
  return people(on, user, how, reads::followers);
}

listing follows(db::executor& on, std::int64_t user, reading how) {
  return read_all(
      std::string{}, how,
      [&](const auto& from) { return reads::follows(on, user, from, how.page); }, person_text);
}

listing likes(db::executor& on, std::int64_t post, reading how) {
  return people(on, post, how, reads::likes_of);
}

listing reposts(db::executor& on, std::int64_t post, reading how) {
  return people(on, post, how, reads::reposts_of);
}

listing members(db::executor& on, std::int64_t list, reading how) {
  return people(on, list, how, reads::list_members);
}

listing quotes(db::executor& on, std::int64_t post, reading how) {
  return read_all(
      newest_post, how,
      [&](const auto& from) { return reads::quotes_of(on, post, from, how.page); },
      [](const reads::post& row) {
        return fmt::format("{} {} {} {} {} {} {} {} {}", row.id, row.did, row.rkey, row.text,
                           row.likes, row.reposts, row.replies, row.quotes,
                           row.embed_removed ? "removed" : "");
      });
}

} // namespace prism::test
