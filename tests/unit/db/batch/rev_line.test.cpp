#include "db/batch/rev_line.hpp"

#include <catch2/catch.hpp>

using namespace prism::db;

namespace {

/// A batch of commits without operations and of deletions, each at a place of its own.
struct line_maker {
  batch made;
  stream_place next{1'000};

  line_maker& head(std::string rev, did_ref repo = 0) {
    ++next;
    made.heads.push_back({repo, std::move(rev), {}, 0, 0});
    return *this;
  }
  line_maker& deletion(did_ref account = 0) {
    made.accounts.push_back({account, 0, next++, 0, false, "deleted", made.heads.size()});
    return *this;
  }
};

std::vector<std::string> revs_of(const std::vector<const repo_head*>& heads) {
  std::vector<std::string> out;
  out.reserve(heads.size());
  for (const auto* each : heads)
    out.push_back(each->rev);
  return out;
}

using revs = std::vector<std::string>;

} // namespace

TEST_CASE("a commit is new if it is newer than the stored rev and the heads before it") {
  const auto made = line_maker{}.head("5").made;
  const known_repos stored{{0, {.rev = "3"}}};
  rev_line line(made, stored);
  line.advance(0, end_of_places);
  CHECK_FALSE(line.is_new(0, "3"));
  CHECK(line.is_new(0, "4"));
  CHECK(line.is_new(1, "0"));
  line.advance(1, end_of_places);
  CHECK_FALSE(line.is_new(0, "5"));
  const auto done = line.finish();
  CHECK(revs_of(done.before) == revs{"5"});
  CHECK(done.deleted.empty());
  CHECK(done.behind.empty());
}

TEST_CASE("an account's first deletion keeps the rev, and a later one goes back to it") {
  const auto made = line_maker{}.head("5").deletion().head("6").made;
  SECTION("the first") {
    const known_repos stored{{0, {.rev = "3"}}};
    rev_line line(made, stored);
    line.advance(1, end_of_places);
    CHECK_FALSE(line.is_new(0, "5"));
    CHECK(line.is_new(0, "6"));
    const auto done = line.finish();
    CHECK(revs_of(done.before) == revs{"5"});
    CHECK(done.deleted.at(0) == "5");
    CHECK(revs_of(done.behind) == revs{"6"});
  }
  SECTION("a later one, as in a replay") {
    const known_repos stored{{0, {.rev = "6", .deletion_rev = "5"}}};
    rev_line line(made, stored);
    line.advance(1, 1'000);
    CHECK_FALSE(line.is_new(0, "6"));
    line.advance(1, end_of_places);
    CHECK(line.is_new(0, "6"));
    CHECK_FALSE(line.is_new(0, "5"));
    const auto done = line.finish();
    CHECK(done.deleted.at(0) == "5");
    CHECK(revs_of(done.behind) == revs{"6"});
  }
}

TEST_CASE("a repo without any commit goes back to nothing") {
  const auto made = line_maker{}.deletion().head("1").made;
  rev_line line(made, {});
  const auto done = line.finish();
  CHECK(done.deleted.at(0).empty());
  CHECK(revs_of(done.behind) == revs{"1"});
}

TEST_CASE("heads between two deletions of an account count no more") {
  const auto made = line_maker{}.deletion().head("1").head("7", 1).deletion().head("2").made;
  rev_line line(made, {});
  const auto done = line.finish();
  CHECK(revs_of(done.before) == revs{"7"});
  CHECK(revs_of(done.behind) == revs{"2"});
}
