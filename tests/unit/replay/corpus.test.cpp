// Frames of a recording: reading, finding the seq, new orders.

#include "tests/unit/net/support/certificates.hpp"
#include "tests/unit/net/support/frames.hpp"
#include "tools/replay/corpus_order.hpp"
#include "tools/replay/event_frames.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <zstd.h>

using namespace prism::net;
using namespace prism::net::test;

namespace {

void append_length(std::string& out, std::uint32_t length) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(length >> shift));
}

std::string compressed(const std::string& content) {
  std::string out(ZSTD_compressBound(content.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), content.data(), content.size(), 3));
  return out;
}

std::string error_of(const std::string& content, const corpus_limits& limits = {}) {
  const temporary_directory directory;
  const auto path = directory.file("c.zst");
  std::ofstream(path, std::ios::binary) << content;
  const auto frames = read_corpus(path, limits);
  return frames ? "read " + std::to_string(frames->size()) : frames.error().message;
}

std::map<std::string, std::vector<bytes>> by_repo(const corpus& frames) {
  std::map<std::string, std::vector<bytes>> result;
  for (const auto& frame : frames)
    result[std::string(find_seq(*frame)->repo)].push_back(*frame);
  return result;
}

std::vector<std::int64_t> seqs(const corpus& frames) {
  std::vector<std::int64_t> result;
  for (const auto& frame : frames)
    result.push_back(seq_of(*frame));
  return result;
}

corpus sample() {
  auto frames = read_corpus(sample_base() + ".frames.zst");
  REQUIRE(frames);
  return std::move(*frames);
}

} // namespace

TEST_CASE("the whole sample is read") {
  const auto frames = sample();
  CHECK(frames.size() == 4121);
  const auto numbers = seqs(frames);
  CHECK(std::is_sorted(numbers.begin(), numbers.end()));
  CHECK(numbers.front() > 0);
  CHECK(by_repo(frames).count("") == 0);
}

TEST_CASE("a corpus may consist of several zstd frames, and of none") {
  std::string one;
  append_length(one, 3);
  one += "abc";
  CHECK(error_of(compressed(one) + compressed(one)) == "read 2");
  // A message may span two of them.
  CHECK(error_of(compressed(one.substr(0, 2)) + compressed(one.substr(2))) == "read 1");
  CHECK(error_of(compressed("")) == "read 0");
}

TEST_CASE("a broken corpus is rejected with the reason") {
  std::string content;
  append_length(content, 3);
  content += "abc";
  CHECK_THAT(error_of(compressed(content + "xx")), Catch::Contains("inside the length of frame 1"));
  std::string cut = content;
  append_length(cut, 100);
  CHECK_THAT(error_of(compressed(cut + "xx")), Catch::Contains("ends inside frame 1"));
  CHECK_THAT(error_of("no zstd at all"), Catch::Contains("not a whole zstd file"));
  const auto good = compressed(content);
  CHECK_THAT(error_of(good.substr(0, good.size() - 2)), Catch::Contains("not a whole zstd file"));
  CHECK_THAT(error_of(good, {.frame_bytes = 2}), Catch::Contains("over the limits"));
  CHECK(error_of(good, {.frame_bytes = 3}) == "read 1");
  CHECK_THAT(error_of(compressed(content + content), {.total_bytes = 5}),
             Catch::Contains("frame 1 of 3 bytes is over the limits"));
  const auto missing = read_corpus("/no/such/corpus");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == prism::errc::not_found);
}

TEST_CASE("seq and repository of a frame are found at any position") {
  const auto frame = make_frame(300, "did:plc:abc");
  const auto found = find_seq(*frame);
  REQUIRE(found);
  CHECK(found->seq == 300);
  CHECK(found->repo == "did:plc:abc");
  CHECK_FALSE(find_seq(make_info_frame("OutdatedCursor", "m"))->seq);
  CHECK_FALSE(find_seq(make_error_frame("FutureCursor", "m"))->seq);
}

TEST_CASE("a malformed frame is rejected at every length") {
  const auto frame = make_frame(300, "did:plc:abc");
  for (std::size_t size = 0; size < frame->size(); ++size) {
    INFO(size);
    CHECK_FALSE(find_seq(std::span(*frame).first(size)));
  }
  CHECK_FALSE(find_seq(from_text("garbage")));
  CHECK_FALSE(find_seq(bytes(1000, std::byte{0x81}))); // arrays in arrays
  CHECK_FALSE(find_seq(bytes(1000, std::byte{0xff})));
}

TEST_CASE("another seq is written in the shortest form and changes nothing else") {
  struct {
    std::int64_t seq;
    std::size_t length;
  } const cases[] = {
      {0, 1},     {23, 1},    {24, 2},         {255, 2},        {256, 3},
      {65535, 3}, {65536, 5}, {4294967295, 5}, {4294967296, 9}, {9223372036854775807, 9}};
  const auto frame = make_frame(1, "did:plc:abc");
  for (const auto& [seq, length] : cases) {
    INFO(seq);
    const auto changed = with_seq(*frame, seq);
    REQUIRE(changed);
    const auto found = find_seq(*changed);
    REQUIRE(found);
    CHECK(found->seq == seq);
    CHECK(found->length == length);
    CHECK(changed->size() == frame->size() - 1 + length);
    CHECK(with_seq(*changed, 1) == *frame);
  }
  const auto info = make_info_frame("OutdatedCursor", "m");
  CHECK(with_seq(info, 5) == info);
}

TEST_CASE("renumbering the sample back gives the sample") {
  const auto frames = sample();
  const auto changed = renumbered(frames, 1'000'000'000'000);
  REQUIRE(changed);
  CHECK(seqs(*changed).back() == 1'000'000'000'000 + 4120);
  const auto back = renumbered(*changed, seqs(frames).front());
  REQUIRE(back);
  // The recording has no gaps in its numbers, so this is exact.
  CHECK(contents(*back) == contents(frames));
}

TEST_CASE("repeating a corpus continues its sequence numbers") {
  const auto frames = sample();
  const auto result = twice(frames);
  REQUIRE(result);
  REQUIRE(result->size() == 2 * frames.size());
  CHECK(contents({result->begin(), result->begin() + 4121}) == contents(frames));
  const auto numbers = seqs(*result);
  CHECK(numbers[4121] == numbers[4120] + 1);
  CHECK(std::adjacent_find(numbers.begin(), numbers.end(), std::greater_equal<>{}) ==
        numbers.end());
  CHECK((*result)[4121]->size() >= frames[0]->size());
}

TEST_CASE("renumbering a malformed frame is an error with its number") {
  corpus frames = make_corpus(3);
  frames[2] = std::make_shared<const bytes>(from_text("garbage"));
  CHECK_THAT(renumbered(frames, 1).error().message, Catch::StartsWith("frame 2:"));
  CHECK_THAT(twice(frames).error().message, Catch::StartsWith("frame 2:"));
}
