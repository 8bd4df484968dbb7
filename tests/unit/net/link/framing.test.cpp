#include "net/link/link_framing.hpp"

#include "linked.hpp"

#include <boost/json/serialize.hpp>
#include <random>

using namespace prism;
using namespace prism::net;
using namespace prism::net::test;
using Catch::Matchers::Contains;

namespace {

std::vector<std::byte> whole(const link_message& message) {
  auto out = must(encode_link_head(message));
  for (const auto& each : message.payload)
    out.insert(out.end(), each->begin(), each->end());
  return out;
}

/// What a reader finds in bytes that come in pieces of at most that size.
struct seen {
  std::vector<std::string> heads;
  std::vector<std::size_t> sizes;
  std::string problem;
};

seen read(std::span<const std::byte> bytes, std::size_t piece) {
  link_reader reader;
  seen out;
  while (!bytes.empty() && out.problem.empty()) {
    const auto space = reader.space();
    const auto part = bytes.first(std::min({bytes.size(), piece, space.size()}));
    std::ranges::copy(part, space.begin());
    reader.filled(part.size());
    bytes = bytes.subspan(part.size());
    while (true) {
      const auto found = reader.next();
      if (!found) {
        out.problem = found.error().message;
        break;
      }
      if (!*found)
        break;
      out.heads.push_back(boost::json::serialize((*found)->head));
      out.sizes.push_back((*found)->payload.size());
    }
  }
  return out;
}

std::vector<std::byte> raw(std::size_t size, std::size_t head, const std::string& text) {
  std::vector<std::byte> out;
  for (const int shift : {24, 16, 8, 0})
    out.push_back(static_cast<std::byte>(size >> static_cast<unsigned>(shift)));
  out.push_back(static_cast<std::byte>(head >> 8U));
  out.push_back(static_cast<std::byte>(head));
  const auto bytes = std::as_bytes(std::span{text});
  out.insert(out.end(), bytes.begin(), bytes.end());
  return out;
}

std::string problem_of(const std::string& head) {
  return read(raw(head.size() + 2, head.size(), head), 1000).problem;
}

} // namespace

TEST_CASE("messages are read as they were written, in pieces of any size", "[link]") {
  std::vector<std::byte> bytes;
  seen wanted;
  for (std::int64_t n = 0; n < 40; ++n) {
    const auto size = static_cast<std::size_t>(n * n * 37);
    const auto one = whole(message(n, {frame(size), frame(n % 3 == 0 ? 0 : 5)}));
    bytes.insert(bytes.end(), one.begin(), one.end());
    wanted.heads.push_back(fmt::format(R"({{"kind":"test","n":{}}})", n));
    wanted.sizes.push_back(size + (n % 3 == 0 ? 0 : 5));
  }
  for (const std::size_t piece : {1U, 2U, 3U, 5U, 6U, 7U, 100U, 4096U, 16384U, 1000000U}) {
    const auto got = read(bytes, piece);
    CHECK(got.problem.empty());
    CHECK(got.heads == wanted.heads);
    CHECK(got.sizes == wanted.sizes);
  }
}

TEST_CASE("a payload's bytes are those that were sent", "[link]") {
  std::mt19937 random(1);
  std::vector<std::byte> bytes(300'000);
  for (auto& each : bytes)
    each = static_cast<std::byte>(random());
  const auto sent = std::make_shared<const std::vector<std::byte>>(bytes);
  const auto wire = whole(message(1, {sent}));
  link_reader reader;
  std::span<const std::byte> left{wire};
  while (!left.empty()) {
    CHECK_FALSE(must(reader.next()));
    const auto space = reader.space();
    const auto part = left.first(std::min(left.size(), space.size()));
    std::ranges::copy(part, space.begin());
    reader.filled(part.size());
    left = left.subspan(part.size());
  }
  const auto found = must(reader.next());
  REQUIRE(found);
  CHECK(std::ranges::equal(found->payload, bytes));
}

TEST_CASE("sizes have limits, for the writer and for the reader", "[link]") {
  const auto largest =
      link_limits::max_message - 2 - std::string(R"({"kind":"test","n":1})").size();
  CHECK(encode_link_head(message(1, {frame(largest)})));
  CHECK(read(whole(message(1, {frame(largest)})), 100'000).sizes == std::vector{largest});
  const auto larger = encode_link_head(message(1, {frame(largest + 1)}));
  REQUIRE_FALSE(larger);
  CHECK(larger.error().code == errc::limit);
  CHECK_THAT(read(raw(link_limits::max_message + 1, 2, ""), 10).problem,
             Contains("exceeds the limit"));
  CHECK_THAT(read(raw(0xFFFFFFFF, 2, ""), 10).problem, Contains("exceeds the limit"));

  link_message wordy = message(1);
  wordy.head["text"] = std::string(link_limits::max_head, 'a');
  CHECK_FALSE(encode_link_head(wordy));
  wordy.head["text"] = std::string(link_limits::max_head - 40, 'a');
  CHECK(read(whole(wordy), 1000).heads.size() == 1);
}

TEST_CASE("a malformed head is an error", "[link]") {
  CHECK(problem_of(R"({"kind":"x"})").empty());
  CHECK_THAT(problem_of(""), Contains("no JSON"));
  CHECK_THAT(problem_of("{"), Contains("no JSON"));
  CHECK_THAT(problem_of(R"({"kind":"x"} )"
                        "\x01"),
             Contains("no JSON"));
  CHECK_THAT(problem_of("[]"), Contains("no kind"));
  CHECK_THAT(problem_of("{}"), Contains("no kind"));
  CHECK_THAT(problem_of(R"({"kind":7})"), Contains("no kind"));
  CHECK_THAT(problem_of(R"({"kind":"x","a":)" + std::string(20, '[') + std::string(20, ']') + "}"),
             Contains("no JSON"));
  CHECK_THAT(read(raw(5, 4, "abcd"), 10).problem, Contains("larger than its message"));
  CHECK_THAT(read(raw(0, 0, ""), 10).problem, Contains("larger than its message"));
  CHECK_THAT(read(raw(1, 0, ""), 10).problem, Contains("larger than its message"));
}

TEST_CASE("a reader takes no more memory than has come", "[link]") {
  link_reader reader;
  // A size of 8 MiB is announced, and nothing follows.
  const auto start = raw(link_limits::max_message, 2, "{}");
  std::ranges::copy(start, reader.space().begin());
  reader.filled(start.size());
  CHECK_FALSE(must(reader.next()));
  CHECK(reader.space().size() <= std::size_t{64} * 1024);
}
