#include "core/error.hpp"
#include "db/reads/answer_limit.hpp"

#include <catch2/catch.hpp>

using namespace prism;

namespace {

struct sized_row {
  std::size_t at{0};
  std::int64_t size{0};
  bool left_out{false};
};

/// A table of rows, and what was asked of it.
struct sized_table {
  std::vector<std::int64_t> sizes;
  std::vector<std::vector<std::size_t>> asked;

  [[nodiscard]] std::vector<std::size_t> shown(std::int64_t max_bytes) {
    const auto rows =
        reads::read_within(sizes.size(), max_bytes,
                           [&](std::span<const std::size_t> places,
                               std::int64_t bytes) -> expected<std::vector<sized_row>> {
                             asked.emplace_back(places.begin(), places.end());
                             std::vector<sized_row> out;
                             for (const auto at : places)
                               if (sizes[at] >= 0) // else there is no such row
                                 out.push_back({at, sizes[at], sizes[at] > bytes});
                             return out;
                           });
    std::vector<std::size_t> out;
    for (const auto& each : rows.value())
      if (!each.left_out)
        out.push_back(each.at);
    return out;
  }
};

using places = std::vector<std::size_t>;

} // namespace

TEST_CASE("rows that have their share are read in one statement") {
  sized_table t{{25, 25, -1, 10}, {}};
  CHECK(t.shown(100) == places{0, 1, 3});
  CHECK(t.asked.size() == 1);
}

TEST_CASE("larger rows are read as long as they have room, and the small ones in any case") {
  sized_table t{{90, 10, 60, 1, 10}, {}};
  CHECK(t.shown(100) == places{0, 1, 3, 4});
  CHECK(t.asked.size() == 2);
  CHECK(t.asked.back() == places{0});
  sized_table after{{60, 90, 40}, {}};
  CHECK(after.shown(100) == places{0, 2});
}

TEST_CASE("a row that alone is too large is not read") {
  sized_table t{{101, 5}, {}};
  CHECK(t.shown(100) == places{1});
  CHECK(t.asked.size() == 1);
}

TEST_CASE("a row that has grown since its size was read stays out") {
  int reads_done = 0;
  const auto rows = reads::read_within(
      2, 100,
      [&](std::span<const std::size_t> which, std::int64_t) -> expected<std::vector<sized_row>> {
        ++reads_done;
        if (reads_done == 1)
          return std::vector<sized_row>{{0, 80, true}, {1, 5, false}};
        CHECK(which.size() == 1);
        return std::vector<sized_row>{{0, 500, true}};
      });
  REQUIRE(rows);
  CHECK(rows->at(0).left_out);
  CHECK(rows->at(0).size == 500);
}
