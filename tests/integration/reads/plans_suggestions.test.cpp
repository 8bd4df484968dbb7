// The statements for suggestions on two million rows: their plans, and that they return the rows of
// simple queries.

#include "db/reads/similar_accounts.hpp"
#include "db/reads/suggestions.hpp"
#include "tests/integration/reads/network.hpp"
#include "tests/integration/reads/promised.hpp"
#include "tests/support/must.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace prism;
using namespace prism::test;

namespace {

const promised_indexes promised{
    {"suggested_follows", {"suggested_follows_pkey", "users_did_key"}},
    {"suggested_feeds", {"suggested_feeds_pkey"}},
    {"suggested_entities", {"suggested_entities_pkey"}},
    {"similar_liked", {"likes_creator_time", "uris_pkey", "follows_subject"}},
    {"similar_followed", {"follows_creator_time", "user_aggregates_pkey", "follows_subject"}},
    {"follows_by_of", {"follows_subject"}},
    {"ids_of_dids", {"users_did_key"}},
    {"dids_of_ids", {"users_pkey"}},
};

[[nodiscard]] std::string did(std::int64_t user) {
  return fmt::format("did:plc:{:024}", user);
}

[[nodiscard]] std::vector<std::string> dids_of(db::connection& on, const std::string& select) {
  const auto rows = must(on.exec(select));
  std::vector<std::string> out;
  for (std::size_t i = 0; i < rows.rows(); ++i)
    out.emplace_back(rows.get_text(i, 0));
  return out;
}

// The same without an index in mind.
[[nodiscard]] std::vector<std::string> most_liked(db::connection& on, std::int64_t viewer,
                                                  std::int64_t account) {
  return dids_of(on, fmt::format(R"sql(
    SELECT did
    FROM (
      SELECT subject_id FROM likes
      WHERE creator_id = {1} AND NOT duplicate
      ORDER BY least(created_at, commit_time) DESC
      LIMIT 1000
    ) l
    JOIN uris ON uris.id = l.subject_id
    JOIN users ON users.id = repo_id
    WHERE users.id NOT IN ({0}, {1})
      AND users.id NOT IN (SELECT subject_id FROM follows WHERE creator_id = {0})
    GROUP BY users.id
    ORDER BY count(*) DESC, users.id
    LIMIT 10
  )sql",
                                 viewer, account));
}

} // namespace

TEST_CASE("suggestions among two million rows are read by index and equal the simple query") {
  auto& on = synthetic_network();
  must(on.exec_script(R"sql(
    BEGIN;
    INSERT INTO suggested_follows (did) SELECT did FROM users ORDER BY id DESC LIMIT 3000;
    INSERT INTO suggested_feeds (uri) SELECT 'at://' || n FROM generate_series(1, 3000) n;
    INSERT INTO suggested_entities (tag, subject, subject_type)
      SELECT 'tag', 'did:' || n, 'actor' FROM generate_series(1, 3000) n
  )sql"));
  explaining_executor explained(on);
  reads::session session(explained);
  std::size_t compared = 0;
  const auto likers = must(
      on.exec("SELECT creator_id FROM likes GROUP BY creator_id ORDER BY count(*) DESC LIMIT 3"));
  for (std::size_t i = 0; i < likers.rows(); ++i)
    for (const std::int64_t viewer : {1, 4}) {
      const auto account = likers.get_int8(i, 0);
      const auto expected = most_liked(on, viewer, account);
      const auto found = must(reads::similar_accounts(session, did(viewer), did(account), 10));
      CHECK(std::ranges::equal(expected,
                               std::span(found).first(std::min(found.size(), expected.size()))));
      compared += expected.size();
    }
  CHECK(compared > 10);

  // Nobody likes as 'nobody' does.
  CHECK(must(reads::similar_accounts(session, did(1), "did:plc:nobody", 10)).size() == 10);

  const auto all = must(reads::suggested_follows(explained, {}));
  CHECK(all.size() == reads::max_suggestions);
  const auto rest = must(reads::suggested_follows(explained, {.after = all.back().position}));
  CHECK(rest.front().position == all.back().position + 1);
  CHECK(must(reads::suggested_feeds(explained, {.limit = 7})).size() == 7);
  CHECK(must(reads::suggested_entities(explained, {.limit = 7})).size() == 7);
  must(on.exec_script("ROLLBACK"));
  check_promised(explained, promised);
}
