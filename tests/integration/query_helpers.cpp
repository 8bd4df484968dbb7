#include "tests/integration/query_helpers.hpp"

#include "tests/integration/eventually.hpp"
#include "tests/integration/indexing.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace prism::test {

namespace {

// Function bodies unchecked, since a query may run before the tables exist.
constexpr const char* words = R"(
SET check_function_bodies = off;
CREATE OR REPLACE FUNCTION pg_temp.who(bigint) RETURNS text LANGUAGE sql STABLE AS
  'SELECT replace(did, ''did:plc:'', '''') FROM users WHERE id = $1';
CREATE OR REPLACE FUNCTION pg_temp.what(bigint) RETURNS text LANGUAGE sql STABLE AS
  'SELECT pg_temp.who(repo_id) || ''/'' || rkey FROM uris WHERE id = $1';
)";

[[nodiscard]] std::vector<std::string> column(db::connection& on, const std::string& select) {
  REQUIRE(on.exec_script(words));
  const auto rows = on.exec(select);
  if (!rows)
    FAIL(rows.error().message);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < rows->rows(); ++i)
    out.emplace_back(rows->get_text(i, 0));
  std::ranges::sort(out);
  return out;
}

} // namespace

std::string value(db::connection& on, const std::string& select) {
  const auto rows =
      column(on, fmt::format("SELECT coalesce(q.v::text, '') FROM ({}) q(v)", select));
  return rows.empty() ? std::string{} : rows.front();
}

void wait_for_blocked_sessions(db::connection& on, std::size_t count) {
  REQUIRE(eventually([&] {
    return value(on, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND "
                     "datname = current_database()") == std::to_string(count);
  }));
}

std::string counts(db::connection& on, const record_ref& post) {
  // at://DID/COLLECTION/RKEY
  const auto rkey = post.uri.substr(post.uri.rfind('/') + 1);
  const auto did = post.uri.substr(5, post.uri.find('/', 5) - 5);
  const auto found =
      value(on, fmt::format("SELECT format('%s %s %s %s', like_count, repost_count, reply_count, "
                            "quote_count) FROM post_aggregates a JOIN uris u ON u.id = a.post_id "
                            "JOIN users o ON o.id = u.repo_id WHERE o.did = '{}' AND u.rkey = '{}' "
                            "AND u.collection = 1",
                            did, rkey));
  return found.empty() ? "0 0 0 0" : found;
}

std::string user_counts(db::connection& on, std::string_view who) {
  const auto found = value(
      on, fmt::format("SELECT format('%s %s %s', followers_count, follows_count, posts_count) FROM "
                      "user_aggregates a JOIN users u ON u.id = a.user_id WHERE u.did = '{}'",
                      did_of(who)));
  return found.empty() ? "0 0 0" : found;
}

std::vector<std::string> notifications(db::connection& on) {
  return column(on, "SELECT format('%s %s %s/%s', pg_temp.who(recipient_id), "
                    "(ARRAY['like', 'repost', 'follow', 'mention', 'reply', 'quote', "
                    "'like_via_repost', 'repost_via_repost', 'joined', 'verified', "
                    "'unverified'])[reason], pg_temp.who(author_id), rkey) || "
                    "coalesce(' of ' || pg_temp.what(subject_id), '') FROM notifications");
}

std::vector<std::string> notifications_of(firehose_builder& events, std::size_t batch_frames) {
  index_target target;
  target.apply(events.take(), batch_frames);
  CHECK(target.reasons.empty());
  return notifications(target.connection);
}

std::vector<std::string> feed_items(db::connection& on) {
  return column(on, "SELECT format('%s %s', pg_temp.who(originator_id), pg_temp.what(post_id)) || "
                    "coalesce(' by ' || repost_rkey, '') FROM feed_items");
}

} // namespace prism::test
