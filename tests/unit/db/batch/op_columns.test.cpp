#include "db/batch/op_columns.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace prism::db;
using prism::atproto::collection;

TEST_CASE("an operation has the columns of its collection, and a removal none") {
  op like;
  like.kind = collection::like;
  CHECK_FALSE(has_its_columns(like)); // a plain row
  like.columns = post_row{};
  CHECK_FALSE(has_its_columns(like));
  relation_row row;
  row.subject = 7;
  like.columns = row;
  CHECK(has_its_columns(like));
  CHECK(columns_of<relation_row>(like).subject == 7);
  CHECK(columns_of<post_row>(like).text.empty());
  like.action = op_action::remove;
  like.columns = plain_row{};
  CHECK(has_its_columns(like));
}

TEST_CASE("of all collections few have no columns of their own") {
  int plain = 0;
  for (std::int16_t number = 0; number < std::int16_t{prism::atproto::collection_count}; ++number) {
    op each;
    each.kind = static_cast<collection>(number);
    plain += has_its_columns(each) ? 1 : 0;
  }
  CHECK(plain == 5); // labelers, statuses and three kinds of declarations
}
