// Pages of lists by time: cursors, order, and when a page has a cursor.

#include "db/reads/sorted_page.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::reads;

namespace {

struct row {
  std::int64_t sort_at{0};
  std::string cid;
};

struct row_or_not {
  std::int64_t sort_at{0};
  std::string cid;
  bool shown{true};
};

template <class Row>
[[nodiscard]] std::string text_of(const sorted_page<Row>& page) {
  std::string out;
  for (const auto& each : page.rows)
    out += each.cid + " ";
  return out + "| " + page.cursor;
}

[[nodiscard]] std::optional<list_cursor> after(std::int64_t ms, std::string cid) {
  return list_cursor{ms, std::move(cid)};
}

} // namespace

TEST_CASE("a cursor is milliseconds and a CID; no text is the first page") {
  CHECK(parse_list_cursor("").value() == std::nullopt);
  CHECK(parse_list_cursor("1700000000123__bafy").value() == after(1'700'000'000'123, "bafy"));
  CHECK(parse_list_cursor("-5__a_b").value() == after(-5, "a_b"));
  CHECK(format_list_cursor({-5, "a_b"}) == "-5__a_b");
}

TEST_CASE("rows of one time and CID are told apart by their uris") {
  const list_cursor colons{5, "bafy", "at://did:web:a%3A1/c/::a:::b:"};
  // The official AppView answers a cursor with "::" with an empty page.
  CHECK(format_list_cursor(colons) == "5__bafy~at://did:web:a%3A1/c/:!:a:!:!:b:");
  CHECK(parse_list_cursor(format_list_cursor(colons)).value() == colons);
  const list_cursor between{5, "bafy", "at://did:plc:a/c/r__1"};
  CHECK(format_list_cursor(between) == "5__bafy~at://did:plc:a/c/r__1");
  CHECK(parse_list_cursor("5__bafy~at://did:plc:a/c/r__1").value() == between);
  struct row_with_uri {
    std::int64_t sort_at{0};
    std::string cid;
    std::string uri;
  };
  const std::vector<row_with_uri> rows{
      {5000, "x", "a"}, {5000, "x", "c"}, {5000, "x", "b"}, {5000, "w", "d"}, {6000, "x", "e"}};
  const auto pages_of_one = [&](tie_order ties) {
    std::string seen;
    std::optional<list_cursor> at;
    do {
      const auto page = cut_sorted(rows, at, 1, 0, ties);
      seen += page.rows.at(0).uri;
      at = parse_list_cursor(page.cursor).value();
    } while (at);
    return seen;
  };
  CHECK(pages_of_one(tie_order::descending) == "ecbad");
  CHECK(pages_of_one(tie_order::ascending) == "eabcd");
  // A cursor of the official form is behind all rows of its CID.
  CHECK(cut_sorted(rows, after(5, "x"), 9).rows.size() == 1);
  CHECK(cut_sorted(rows, {}, 4).cursor == "5__x");
  CHECK(cut_sorted(rows, {}, 3).cursor == "5__x~b");
}

TEST_CASE("any other text is no cursor") {
  for (const auto* text :
       {"x", "1", "__", "1__", "__a", "1_a", "1__a__b", "1__a__", " 1__a", "1 __a", "+1__a",
        "1.5__a", "0x1__a", "2024-11-23T00:00:00.000Z__a", "9223372036854775808__a",
        "253402300800000__a", "-62167219200001__a", "1::a"}) {
    INFO(text);
    const auto read = parse_list_cursor(text);
    REQUIRE(!read);
    CHECK(read.error().code == errc::invalid);
  }
  CHECK(parse_list_cursor("253402300799999__a"));
  CHECK(parse_list_cursor("-62167219200000__a"));
}

TEST_CASE("rows are ordered by millisecond and CID, both descending") {
  std::vector<row> rows{{1000, "b"}, {3000, "a"}, {2000, "c"}, {3000, "z"}, {-1000, "q"}};
  CHECK(text_of(cut_sorted(rows, {}, 10)) == "z a c b q | ");
  CHECK(text_of(cut_sorted(rows, {}, 3)) == "z a c | 2__c");
}

TEST_CASE("a page has a cursor only if another row exists") {
  std::vector<row> rows{{3000, "c"}, {2000, "b"}, {1000, "a"}};
  CHECK(text_of(cut_sorted(rows, {}, 3)) == "c b a | ");
  CHECK(text_of(cut_sorted(rows, {}, 2)) == "c b | 2__b");
  CHECK(text_of(cut_sorted(rows, after(3, "c"), 2)) == "b a | ");
  CHECK(text_of(cut_sorted(rows, {}, 0)) == "| ");
  CHECK(text_of(cut_sorted(std::vector<row>{}, {}, 3)) == "| ");
}

TEST_CASE("within a millisecond a page begins behind the CID of its cursor") {
  std::vector<row> rows{{3000, "c"}, {2000, "z"}, {2000, "m"}, {2000, "a"}, {1000, "y"}};
  CHECK(text_of(cut_sorted(rows, after(2, "m"), 2)) == "a y | ");
  CHECK(text_of(cut_sorted(rows, after(2, "n"), 1)) == "m | 2__m");
  CHECK(text_of(cut_sorted(rows, after(2, ""), 2)) == "y | ");
}

TEST_CASE("rows that are not shown are left out; a short page goes on behind what was read") {
  std::vector<row_or_not> rows{
      {5000, "e"}, {4000, "d", false}, {3000, "c"}, {2000, "b"}, {1000, "a", false}};
  CHECK(text_of(cut_sorted(rows, {}, 4)) == "e c b | 1__a"); // five were read, maybe not all
  CHECK(text_of(cut_sorted(rows, {}, 5)) == "e c b | ");
  CHECK(text_of(cut_sorted(rows, {}, 2)) == "e c | 3__c");
  CHECK(text_of(cut_sorted(rows, {}, 3, 1000)) == "e c b | ");
  CHECK(text_of(cut_sorted(rows, {}, 1, 3)) == "e | 5__e");
  for (auto& each : rows)
    each.shown = false;
  CHECK(text_of(cut_sorted(rows, {}, 2, 2)) == "| 1__a");
  CHECK(text_of(cut_sorted(rows, {}, 2, 3)) == "| ");
}

TEST_CASE("a limit is brought into the range of pages") {
  CHECK(list_limit(-1) == 0);
  CHECK(list_limit(50) == 50);
  CHECK(list_limit(1'000'000) == max_list_page);
}
