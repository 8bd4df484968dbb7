// Which replies of an author are the op thread.

#include "atproto/syntax/tid.hpp"
#include "db/reads/op_threads.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using reads::op_reply;

namespace {

constexpr std::int64_t root = 1;

/// An rkey of this time, in seconds.
[[nodiscard]] std::string at(std::uint64_t s) {
  return atproto::tid((s * 1'000'000) << 10U).to_string();
}

[[nodiscard]] op_reply live(std::int64_t id, std::string rkey, std::int64_t parent) {
  return {id, std::move(rkey), parent, std::nullopt};
}

[[nodiscard]] op_reply deleted(std::int64_t id, std::string rkey, std::int64_t parent,
                               std::int64_t s) {
  return {id, std::move(rkey), parent, s * 1'000'000};
}

using line = std::vector<std::int64_t>;

[[nodiscard]] line resolve(const std::vector<op_reply>& replies) {
  line out;
  for (const auto* each : reads::resolve_op_thread(root, replies))
    out.push_back(each->id);
  return out;
}

} // namespace

TEST_CASE("the oldest reply of each counts") {
  CHECK(resolve({}).empty());
  CHECK(resolve({live(2, at(10), root), live(3, at(5), root), live(4, at(20), 3),
                 live(5, at(15), 2), live(6, at(1), 99)}) == line{3, 4});
}

TEST_CASE("a deleted reply keeps its place while the line continues below it") {
  CHECK(resolve({deleted(2, at(1), root, 100), live(3, at(2), 2), live(4, at(3), root)}) ==
        line{2, 3});
  CHECK(resolve({deleted(2, at(1), root, 100), deleted(3, at(2), 2, 100)}).empty());
}

TEST_CASE("a deleted reply without replies is replaced by one from after the deletion") {
  CHECK(resolve({deleted(2, at(1), root, 100), live(3, at(50), root)}).empty());
  CHECK(resolve({deleted(2, at(1), root, 100), live(3, at(50), root), live(4, at(101), root)}) ==
        line{4});
  CHECK(resolve(
            {deleted(2, at(1), root, 100), deleted(3, at(101), root, 200), live(4, at(150), root)})
            .empty());
  CHECK(resolve({deleted(2, at(1), root, 100), live(3, at(100), root)}).empty());
  // No time: not newer.
  CHECK(resolve({deleted(2, at(1), root, 100), live(3, "self", root)}).empty());
}

TEST_CASE("a line of replies that returns to its root is empty") {
  CHECK(resolve({live(2, at(1), root), live(root, at(2), 2)}).empty());
  CHECK(resolve({live(2, at(1), root), live(3, at(1), 2), live(root, at(2), 2)}) == line{2, 3});
  // The line does not reach a circle elsewhere.
  CHECK(resolve({live(2, at(1), root), live(8, at(1), 9), live(9, at(1), 8)}) == line{2});
}

TEST_CASE("a long line needs no stack") {
  std::vector<op_reply> replies;
  for (std::int64_t i = 2; i < 5000; ++i)
    replies.push_back(live(i, at(static_cast<std::uint64_t>(i)), i - 1));
  CHECK(resolve(replies).size() == replies.size());
}
