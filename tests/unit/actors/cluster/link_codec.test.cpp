#include "actors/cluster/link_codec.hpp"
#include "actors/cluster/held_frames.hpp"
#include "actors/cluster/peer_credit.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

using namespace prism;

namespace {

frame_bytes bytes_of_size(std::size_t size, int value = 7) {
  return std::make_shared<const std::vector<std::byte>>(size, static_cast<std::byte>(value));
}

frame_batch batch_of(std::vector<std::size_t> sizes) {
  auto frames = std::make_shared<std::vector<routed_frame>>();
  std::int64_t seq = 100;
  for (const auto size : sizes)
    frames->push_back({.seq = ++seq, .data = bytes_of_size(size), .position = seq});
  return {.incarnation = UINT64_MAX, .frames = std::move(frames)};
}

// As the other side receives it.
template <class Message>
Message there_and_back(const Message& message) {
  const auto sent = encode(message);
  std::vector<std::byte> payload;
  for (const auto& part : sent.payload)
    payload.insert(payload.end(), part->begin(), part->end());
  const auto text = boost::json::serialize(sent.head);
  REQUIRE(text.size() <= net::link_limits::max_head);
  const auto got = decode(boost::json::parse(text).as_object(), payload, time_point{});
  REQUIRE(got);
  return std::get<Message>(*got);
}

} // namespace

TEST_CASE("frames pass a link byte for byte, with their positions") {
  auto frames = std::make_shared<std::vector<routed_frame>>();
  frames->push_back({.seq = INT64_MAX, .data = bytes_of_size(3, 1), .position = {5, 9}});
  frames->push_back({.seq = 6, .data = bytes_of_size(0), .position = 6});
  frames->push_back({.seq = 7, .data = bytes_of_size(2, 2), .position = 7});
  const auto got = there_and_back(linked_frames{3, 17, {UINT64_MAX, frames}});
  CHECK(got.shard == 3);
  CHECK(got.token == 17);
  CHECK(got.batch.incarnation == UINT64_MAX);
  REQUIRE(got.batch.frames->size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK((*got.batch.frames)[i].seq == (*frames)[i].seq);
    CHECK(((*got.batch.frames)[i].position == (*frames)[i].position));
    CHECK(*(*got.batch.frames)[i].data == *(*frames)[i].data);
  }
}

TEST_CASE("the other messages pass a link") {
  CHECK(there_and_back(linked_advance{1, 2, {3}}).target.seq == 3);
  CHECK(there_and_back(linked_firehose_started{1, 2}).token == 2);
  const auto ready = there_and_back(linked_shard_ready{9, {4, 5, 6}});
  CHECK(ready.token == 9);
  CHECK(ready.ready.shard == 4);
  CHECK(ready.ready.incarnation == 5);
  CHECK(ready.ready.durable_seq == 6);
  const auto durable = there_and_back(linked_durable{9, {4, {5, 6}, {7, 8}}});
  CHECK((durable.report.position == stream_position{5, 6}));
  CHECK(durable.report.stamps == std::vector<std::int64_t>{7, 8});
  CHECK(there_and_back(linked_credit{10, true}).whole);
  CHECK(there_and_back(linked_table_changed{11}).view == 11);
}

TEST_CASE("what cannot be read is an error, not an exception") {
  const auto error_of = [](const char* head, std::size_t payload = 0) {
    const std::vector<std::byte> bytes(payload);
    const auto got = decode(boost::json::parse(head).as_object(), bytes, time_point{});
    return got ? std::string{"read"} : std::string{to_string(got.error().code)};
  };
  CHECK(error_of("{}") == "invalid");
  CHECK(error_of(R"({"kind": 7})") == "invalid");
  CHECK(error_of(R"({"kind": "of later versions"})") == "not_found");
  CHECK(error_of(R"({"kind": "advance", "shard": -1, "token": 2, "seq": 3})") == "invalid");
  CHECK(error_of(R"({"kind": "advance", "shard": 1, "token": 2, "seq": "3"})") == "invalid");
  CHECK(error_of(R"({"kind": "advance", "shard": 1, "token": 2, "seq": 3, "new": []})") == "read");
  const auto frames = R"({"kind": "frames", "shard": 1, "token": 2, "incarnation": 3,)"
                      R"( "frames": [[1, 1, 0, 4]]})";
  CHECK(error_of(frames, 3) == "invalid");
  CHECK(error_of(frames, 4) == "read");
  CHECK(error_of(frames, 5) == "invalid");
}

TEST_CASE("a batch is cut so that each part fits into one message") {
  constexpr auto limit = net::link_limits::max_group;
  CHECK(cut(batch_of({})).empty());
  CHECK(cut(batch_of({1, 2, 3})).size() == 1);
  CHECK(cut(batch_of({limit, 1})).size() == 2);
  const auto large = cut(batch_of({1, 5 * limit, 1}));
  REQUIRE(large.size() == 3);
  CHECK(large[1].frames->size() == 1);
  const auto many = cut(batch_of(std::vector<std::size_t>(5'000, 10)));
  std::size_t frames = 0;
  for (const auto& part : many) {
    frames += part.frames->size();
    CHECK(bytes_of(part) <= limit);
    static_cast<void>(there_and_back(linked_frames{255, INT64_MAX, part}));
  }
  CHECK(frames == 5'000);
}

TEST_CASE("a peer's credit in bytes") {
  peer_credit credit;
  CHECK(!credit.take("a", 1));
  credit.open("a", 100);
  CHECK(credit.take("a", 60));
  CHECK(!credit.take("a", 60));
  CHECK(credit.take("a", 40));
  CHECK(!credit.take("a", 1));
  credit.give_back("a", 60);
  CHECK(credit.take("a", 60));
  credit.give_back("a", 1'000); // more than it takes at all: a defect of the peer
  CHECK(credit.take("a", 100));
  credit.give_back("a", 100);
  CHECK(credit.take("a", 500)); // one that is larger than all, alone
  CHECK(!credit.take("a", 1));
  credit.close("a");
  CHECK(!credit.take("a", 0));
}

TEST_CASE("held frames are given back once, to whom they came from") {
  held_frames held;
  held.arrived("a", 1, 10, 5);
  held.arrived("a", 1, 11, 6);
  held.arrived("b", 1, 12, 7);
  held.arrived("a", 2, 10, 8);
  using bytes = std::map<std::string, std::uint64_t>;
  CHECK(held.committed(1, 10) == bytes{{"a", 5}});
  CHECK(held.committed(1, 10).empty());
  CHECK(held.dropped(1) == bytes{{"a", 6}, {"b", 7}});
  CHECK(held.dropped(1).empty());
  held.forget("a");
  CHECK(held.committed(2, 100).empty());
}
