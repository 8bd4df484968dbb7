#include "core/stream_sequence.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <initializer_list>
#include <random>
#include <set>

using namespace prism;
using namespace std::chrono_literals;
using order = arrival_order;

namespace {

constexpr time_point begin{1h};

using numbers = std::vector<std::int64_t>;
using orders = std::vector<order>;

/// What becomes of these numbers, which arrive at the same moment.
[[nodiscard]] orders classified(stream_sequence& sequence, const numbers& seqs,
                                time_point now = begin) {
  orders out;
  for (const auto seq : seqs)
    out.push_back(sequence.arrived(seq, now).order);
  return out;
}

/// A stream that has been read up to `highest`.
[[nodiscard]] stream_sequence read_up_to(std::int64_t highest) {
  stream_sequence out(0);
  for (std::int64_t seq = 1; seq <= highest; ++seq)
    REQUIRE(out.arrived(seq, begin).order == order::in_order);
  return out;
}

} // namespace

TEST_CASE("numbers that rise by small steps are in order") {
  stream_sequence sequence(5);
  CHECK(sequence.highest() == 5);
  CHECK(classified(sequence, {6, 7, 9, 1'009}) == orders(4, order::in_order));
  CHECK(sequence.highest() == 1'009);
  CHECK_FALSE(sequence.went_back_at());
}

TEST_CASE("a stray far ahead is taken without moving the highest number") {
  auto sequence = read_up_to(3);
  CHECK(classified(sequence, {5'000'000}) == orders{order::far_ahead});
  CHECK(sequence.highest() == 3);
  const auto next = sequence.arrived(4, begin);
  CHECK(next.order == order::in_order);
  CHECK(next.strays == numbers{5'000'000});
  CHECK(classified(sequence, {5, 6}) == orders(2, order::in_order));
  CHECK(sequence.highest() == 6);
  CHECK_FALSE(sequence.went_back_at());
}

TEST_CASE("several strays in a row are all strays, ascending or not") {
  auto sequence = read_up_to(3);
  CHECK(classified(sequence, {5'000, 5'001, 9'000}) == orders(3, order::far_ahead));
  CHECK(sequence.arrived(4, begin).strays == numbers{5'000, 5'001, 9'000});
  CHECK(classified(sequence, {9'000}) == orders{order::far_ahead});
  const auto lower = sequence.arrived(7'000, begin);
  CHECK(lower.order == order::far_ahead);
  CHECK(lower.strays == numbers{9'000});
  CHECK(sequence.arrived(5, begin).strays == numbers{7'000});
  CHECK(sequence.highest() == 5);
}

TEST_CASE("a stray number counts as unread: the stream may reach it later") {
  auto sequence = read_up_to(3);
  CHECK(classified(sequence, {2'000, 4}) == orders{order::far_ahead, order::in_order});
  for (std::int64_t seq = 5; seq <= 2'001; ++seq)
    REQUIRE(sequence.arrived(seq, begin).order == order::in_order);
}

TEST_CASE("a leap is confirmed by eight ascending numbers") {
  auto sequence = read_up_to(3);
  for (std::int64_t seq = 70'000; seq < 70'007; ++seq) {
    CHECK(classified(sequence, {seq}) == orders{order::far_ahead});
    CHECK(sequence.highest() == 3);
  }
  const auto confirmed = sequence.arrived(70'007, begin);
  CHECK(confirmed.order == order::in_order);
  CHECK(confirmed.strays.empty());
  CHECK(sequence.highest() == 70'007);
  CHECK(classified(sequence, {70'003}) == orders{order::repeated});
  CHECK(classified(sequence, {70'008}) == orders{order::in_order});
}

TEST_CASE("on a slow stream a leap is confirmed by two numbers a second apart") {
  auto sequence = read_up_to(3);
  CHECK(classified(sequence, {70'000}) == orders{order::far_ahead});
  CHECK(classified(sequence, {70'001}, begin + 999ms) == orders{order::far_ahead});
  CHECK(classified(sequence, {70'002}, begin + 1s) == orders{order::in_order});
  // Alone it never is: nothing tells a last event from a stray.
  CHECK(classified(sequence, {900'000}, begin + 2s) == orders{order::far_ahead});
  CHECK(sequence.highest() == 70'002);
  CHECK(classified(sequence, {900'000}, begin + 1h) == orders{order::repeated});
  CHECK(sequence.highest() == 70'002);
  CHECK_FALSE(sequence.went_back_at());
}

TEST_CASE("a stream in which every step is a leap continues") {
  stream_sequence sequence(0);
  std::int64_t seq = 0;
  for (int i = 0; i < 800; ++i) {
    seq += 5'000;
    const auto got = sequence.arrived(seq, begin).order;
    REQUIRE((got == order::far_ahead || got == order::in_order));
  }
  CHECK(sequence.highest() == seq);
}

TEST_CASE("an unconfirmed leap stands since its first number") {
  auto sequence = read_up_to(3);
  CHECK_FALSE(sequence.leap_since());
  static_cast<void>(classified(sequence, {70'000}, begin + 5s));
  static_cast<void>(classified(sequence, {70'001}, begin + 5s + 500ms));
  CHECK(sequence.leap_since() == begin + 5s);
  static_cast<void>(classified(sequence, {4}, begin + 6s));
  CHECK_FALSE(sequence.leap_since());
}

TEST_CASE("a stray as the very first number does not define the beginning") {
  for (const std::int64_t start : {-1, 0}) {
    stream_sequence sequence(start);
    CHECK(classified(sequence, {5'000'000, 1, 2}) ==
          orders{order::far_ahead, order::in_order, order::in_order});
    CHECK(sequence.highest() == 2);
  }
  stream_sequence live(-1);
  CHECK(classified(live, {99'000'000}) == orders{order::far_ahead});
  for (std::int64_t seq = 17'000'000; seq < 17'000'007; ++seq)
    CHECK(classified(live, {seq}) == orders{order::far_ahead});
  CHECK(live.highest() == -1);
  CHECK(classified(live, {17'000'007}) == orders{order::in_order});
  CHECK(live.highest() == 17'000'007);
}

TEST_CASE("a number read before is repeated, one left out is late") {
  stream_sequence sequence(0);
  CHECK(classified(sequence, {1, 2, 4, 3, 5, 3, 4}) ==
        orders{order::in_order, order::in_order, order::in_order, order::late, order::in_order,
               order::repeated, order::repeated});
  CHECK(classified(sequence, {500, 6, 7}) == orders{order::in_order, order::late, order::late});
  CHECK(sequence.highest() == 500);
}

TEST_CASE("the last number again is no sign of anything") {
  auto sequence = read_up_to(9);
  CHECK(classified(sequence, {9, 9, 9, 9}) == orders(4, order::repeated));
  CHECK_FALSE(sequence.went_back_at());
}

TEST_CASE("numbers that begin anew are noticed, whether they were read or not") {
  SECTION("below the cursor of a node that was started again") {
    stream_sequence sequence(1'000);
    CHECK(classified(sequence, {11, 12}) == orders(2, order::late));
    CHECK_FALSE(sequence.went_back_at());
    CHECK(classified(sequence, {13}, begin + 1s) == orders{order::late});
    CHECK(sequence.went_back_at() == begin + 3s);
  }
  SECTION("while the node runs") {
    auto sequence = read_up_to(1'000);
    CHECK(classified(sequence, {1, 2, 3}) == orders(3, order::repeated));
    CHECK(sequence.went_back_at() == begin + 3s);
  }
  SECTION("with more numbers than are taken") {
    stream_sequence sequence(1'000);
    for (std::int64_t seq = 1; seq <= 50; ++seq)
      CHECK(classified(sequence, {seq}) == orders{order::late});
    CHECK(classified(sequence, {51, 52}) == orders(2, order::refused));
    CHECK(sequence.went_back_at() == begin + 3s);
  }
  SECTION("behind a leap that was none") {
    auto sequence = read_up_to(3);
    for (std::int64_t seq = 70'000; seq < 70'008; ++seq)
      static_cast<void>(sequence.arrived(seq, begin));
    REQUIRE(sequence.highest() == 70'007);
    CHECK(classified(sequence, {4, 5, 6}) == orders(3, order::late));
    CHECK(sequence.went_back_at() == begin + 3s);
  }
}

TEST_CASE("a number in order ends the alarm, and says so only if there was one") {
  auto sequence = read_up_to(1'000);
  static_cast<void>(classified(sequence, {1, 2, 3}));
  const auto soon = sequence.arrived(1'001, begin + 1s);
  CHECK_FALSE(soon.recovered);
  CHECK_FALSE(sequence.went_back_at());
  static_cast<void>(classified(sequence, {1, 2, 3}, begin + 10s));
  const auto later = sequence.arrived(1'002, begin + 13s);
  CHECK(later.order == order::in_order);
  CHECK(later.recovered);
  CHECK_FALSE(sequence.went_back_at());
}

TEST_CASE("refused numbers confirm no leap, and are taken after a number in order") {
  auto sequence = read_up_to(1);
  for (std::int64_t seq = 900'000; seq > 900'000 - 50; --seq)
    REQUIRE(classified(sequence, {seq}) == orders{order::far_ahead});
  for (std::int64_t seq = 1'000'000; seq < 1'000'020; ++seq)
    REQUIRE(classified(sequence, {seq}) == orders{order::refused});
  CHECK(sequence.highest() == 1);
  CHECK(sequence.went_back_at() == begin + 3s);
  CHECK(classified(sequence, {2, 1'000'000}) == orders{order::in_order, order::far_ahead});
}

TEST_CASE("whatever the numbers, the highest one was reached step by step or confirmed") {
  std::mt19937_64 random(7);
  const auto below = [&](std::int64_t n) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n));
  };
  for (int round = 0; round < 300; ++round) {
    stream_sequence sequence(0);
    std::multiset<std::int64_t> arrived;
    std::int64_t next = 2; // 1 may be left out
    auto now = begin;
    for (int step = 0; step < 400; ++step) {
      now += std::chrono::milliseconds{below(3)};
      auto seq = next;
      switch (below(12)) {
      case 0: // a stray
        seq = next + 2'000 + below(1'000'000);
        break;
      case 1: // an earlier one
        seq = 1 + below(next - 1);
        break;
      default:
        next += 1 + below(3);
      }
      const auto highest = sequence.highest();
      const auto got = sequence.arrived(seq, now);
      const auto read_before = arrived.count(seq) > 0;
      arrived.insert(seq);
      REQUIRE(sequence.highest() >= highest);
      // Strays never come eight in a row here: only the stream itself moves the number.
      REQUIRE(sequence.highest() < next);
      if (got.order == order::in_order)
        REQUIRE(sequence.highest() == seq);
      else
        REQUIRE(sequence.highest() == highest);
      // Nothing is skipped that was not there before.
      REQUIRE((got.order != order::repeated || read_before));
      REQUIRE(got.order != order::refused);
    }
  }
}

TEST_CASE("read numbers are kept as intervals, of which the oldest are joined") {
  read_numbers read(3);
  for (const std::int64_t number : {1, 2, 5, 9})
    read.add(number);
  CHECK(read.contains(2));
  CHECK_FALSE(read.contains(3));
  read.add(3);
  read.add(4); // joins two
  read.add(8); // before an interval
  CHECK(read.contains(8));
  CHECK_FALSE(read.contains(7));
  read.add(3); // again
  read.add(20);
  CHECK_FALSE(read.contains(7)); // there is room for three
  read.add(30);
  CHECK(read.contains(7)); // the oldest gap is forgotten
  CHECK_FALSE(read.contains(0));
  CHECK_FALSE(read.contains(10));
  CHECK_FALSE(read.contains(31));
}
