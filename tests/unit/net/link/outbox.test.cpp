#include "net/link/link_outbox.hpp"

#include "linked.hpp"

using namespace prism;
using namespace prism::net;
using namespace prism::net::test;
using answer = link_outbox::answer;

namespace {

std::vector<std::byte> text(const std::string& what) {
  const auto bytes = std::as_bytes(std::span{what});
  return {bytes.begin(), bytes.end()};
}

std::string to_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// All that waits, in pieces of at most that size.
std::string drain(link_outbox& box, std::size_t piece = 1'000'000) {
  std::string out;
  for (auto next = box.next(); !next.empty(); next = box.next()) {
    const auto part = next.first(std::min(piece, next.size()));
    out += to_text(part);
    box.taken(part.size());
  }
  return out;
}

} // namespace

TEST_CASE("an outbox gives what was pushed in its order, in pieces of any size", "[link]") {
  for (const std::size_t piece : {1U, 7U, 1'000'000U}) {
    int woken = 0;
    link_outbox box(1'000'000, [&] { ++woken; });
    std::string wanted;
    for (int i = 0; i < 30; ++i) {
      const auto size = static_cast<std::size_t>(i * 1000);
      const char fill = static_cast<char>('a' + i % 26);
      CHECK(box.push(text(fmt::format("<{}>", i)), {frame(size, fill), frame(0), frame(2, '.')}) ==
            answer::queued);
      wanted += fmt::format("<{}>", i) + std::string(size, fill) + "..";
    }
    CHECK(box.queued_bytes() == wanted.size());
    CHECK(woken == 1); // a second time only after nothing was left
    CHECK(drain(box, piece) == wanted);
    CHECK(box.queued_bytes() == 0);
    CHECK(box.messages() == 30);
    CHECK(box.push(text("again"), {}) == answer::queued);
    CHECK(woken == 2);
  }
}

TEST_CASE("a link's own messages overtake others but interrupt none", "[link]") {
  link_outbox box(1'000'000, [] {});
  CHECK(box.push(text("one"), {frame(40'000, '1')}) == answer::queued);
  CHECK(box.push(text("two"), {}) == answer::queued);
  const auto first = box.next();
  CHECK(first.size() == 16 * 1024);
  CHECK(box.push_first(text("ping")) == answer::queued);
  CHECK(drain(box) == "one" + std::string(40'000, '1') + "ping" + "two");
  CHECK(box.messages() == 2);
}

TEST_CASE("a large payload is given out without a copy", "[link]") {
  link_outbox box(1'000'000, [] {});
  const auto large = frame(100'000);
  CHECK(box.push({}, {large}) == answer::queued);
  const auto next = box.next();
  CHECK(next.data() == large->data());
  CHECK(box.next().data() == large->data()); // the same until it is taken
  box.taken(next.size());
  CHECK(box.next().data() == large->data() + next.size());
}

TEST_CASE("an outbox that is full closes", "[link]") {
  link_outbox box(100, [] {});
  CHECK(box.push(text("head"), {frame(96)}) == answer::queued);
  CHECK(box.push_first(text("x")) == answer::overflow);
  CHECK(box.push(text(""), {}) == answer::closed);
  link_outbox other(100, [] {});
  CHECK(other.push(text("gone"), {}) == answer::queued);
  const auto given = other.next();
  other.close();
  CHECK(to_text(given) == "gone"); // what is being written stays valid
  CHECK(other.push(text("x"), {}) == answer::closed);
  CHECK(other.queued_bytes() == 0);
}
