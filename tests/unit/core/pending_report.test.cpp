#include "core/pending_report.hpp"

#include <catch2/catch.hpp>

using namespace prism;

TEST_CASE("changes are reported in order, one report at a time") {
  pending_report<int> reports(10);
  CHECK_FALSE(reports.next());
  CHECK(reports.add({1, 2}) == 0);
  const auto first = reports.next();
  REQUIRE(first);
  CHECK(first->changes == std::vector{1, 2});
  CHECK(first->complete);
  CHECK(reports.add({3}) == 0);
  CHECK_FALSE(reports.next()); // the first is under way
  reports.answered();
  const auto second = reports.next();
  REQUIRE(second);
  CHECK(second->changes == std::vector{3});
  reports.answered();
  CHECK_FALSE(reports.next());
}

TEST_CASE("changes beyond the capacity make the next report incomplete") {
  pending_report<int> reports(3);
  CHECK(reports.add({1, 2}) == 0);
  CHECK(reports.add({3, 4, 5}) == 2);
  const auto report = reports.next();
  REQUIRE(report);
  CHECK(report->changes == std::vector{1, 2, 3});
  CHECK_FALSE(report->complete);
  reports.answered();
  CHECK(reports.add({6}) == 0);
  CHECK(reports.next()->complete); // said once
}

TEST_CASE("a loss is reported even without changes") {
  pending_report<int> reports(3);
  reports.mark_lost();
  const auto report = reports.next();
  REQUIRE(report);
  CHECK(report->changes.empty());
  CHECK_FALSE(report->complete);
}

TEST_CASE("a report that fails makes the next one incomplete") {
  pending_report<int> reports(3);
  CHECK(reports.add({1}) == 0);
  REQUIRE(reports.next());
  reports.failed();
  const auto report = reports.next();
  REQUIRE(report);
  CHECK_FALSE(report->complete);
}
