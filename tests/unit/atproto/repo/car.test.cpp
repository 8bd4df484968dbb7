#include "atproto/repo/car.hpp"

#include "atproto/cbor/varint.hpp"
#include "car_maker.hpp"
#include "tests/unit/atproto/hex.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::atproto;
using Catch::Matchers::Contains;
using test::hex;
using test::make_car;

namespace {

const auto one = hex("a0");
const auto two = hex("820102");
const auto id_of_one = cid::of_dag_cbor(one);
const auto id_of_two = cid::of_dag_cbor(two);

error refused(std::span<const std::byte> input, const car_limits& limits = {}) {
  const auto result = car_view::parse(input, limits);
  REQUIRE_FALSE(result);
  return result.error();
}

void refuse(std::span<const std::byte> input, const std::string& reason) {
  const auto why = refused(input);
  CHECK(why.code == errc::invalid);
  CHECK_THAT(why.message, Contains(reason));
}

} // namespace

TEST_CASE("a CAR gives its roots and its blocks by CID") {
  const auto input = make_car({id_of_two, id_of_one}, {one, two});
  const auto car = car_view::parse(input).value();
  CHECK(car.root() == id_of_two);
  CHECK(car.roots().size() == 2);
  REQUIRE(car.blocks().size() == 2);
  CHECK(car.blocks()[0].id == id_of_one);
  CHECK(test::to_hex(car.find(id_of_two).value()) == "820102");
  CHECK(test::to_hex(car.find(id_of_one).value()) == "a0");
  CHECK_FALSE(car.find(test::raw_cid(one)));
  CHECK_FALSE(car.find(cid{}));
}

TEST_CASE("blocks point into the input") {
  const auto input = make_car({id_of_one}, {one});
  const auto car = car_view::parse(input).value();
  CHECK(car.find(id_of_one)->data() == input.data() + input.size() - 1);
}

TEST_CASE("a root need not be among the blocks, and there may be none") {
  const auto input = make_car({id_of_one}, {});
  const auto car = car_view::parse(input).value();
  CHECK(car.blocks().empty());
  CHECK_FALSE(car.find(id_of_one));
}

TEST_CASE("duplicate, raw and empty blocks are accepted") {
  auto input = make_car({id_of_one}, {one, two, one});
  const auto blob = test::bytes_of("blob");
  test::append_block(input, test::raw_cid(blob), blob);
  test::append_block(input, test::raw_cid({}), {});
  const auto car = car_view::parse(input).value();
  CHECK(car.blocks().size() == 5);
  CHECK(test::to_hex(car.find(id_of_one).value()) == "a0");
  CHECK(car.find(test::raw_cid(blob))->size() == 4);
  CHECK(car.find(test::raw_cid({}))->empty());
}

TEST_CASE("every one of many blocks is found") {
  std::vector<std::vector<std::byte>> blocks(1000);
  for (std::size_t i = 0; i < blocks.size(); ++i)
    blocks[i] = cbor_writer{}.integer(static_cast<std::int64_t>(i)).finish().value();
  const auto input = make_car({id_of_one}, blocks);
  const auto car = car_view::parse(input).value();
  for (const auto& block : blocks) {
    const auto found = car.find(cid::of_dag_cbor(block));
    REQUIRE(found);
    CHECK(std::ranges::equal(*found, block));
  }
}

TEST_CASE("a block that does not match its CID is refused") {
  auto input = make_car({id_of_one}, {two});
  input.back() = std::byte{0x03};
  refuse(input, "does not match its CID " + id_of_two.to_string());
}

TEST_CASE("a block under a CID of another format is refused by what was seen") {
  auto input = make_car({id_of_one}, {two});
  const std::size_t at = input.size() - two.size() - cid::size;
  auto other = input;
  other[at] = std::byte{0x02};
  refuse(other, "version 2");
  other = input;
  other[at + 1] = std::byte{0x81};
  refuse(other, "codec of more than one byte");
  other = input;
  other[at + 2] = std::byte{0x13};
  refuse(other, "hash 0x13");
}

TEST_CASE("a CAR that ends early is refused wherever it ends") {
  const auto whole = make_car({id_of_one}, {one, two});
  const std::size_t header = 1 + test::car_header({id_of_one}).size();
  const std::size_t first = header + 1 + cid::size + one.size();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO("cut at " << size);
    const bool between_blocks = size == header || size == first;
    CHECK(car_view::parse(std::span{whole}.first(size)).has_value() == between_blocks);
  }
}

TEST_CASE("sections that cannot hold a CID are refused") {
  auto input = make_car({id_of_one}, {});
  auto zero = input;
  zero.push_back(std::byte{0});
  refuse(zero, "0 bytes, too few for a CID");
  test::append_section(input, id_of_one.bytes().first(35));
  refuse(input, "35 bytes, too few for a CID");
}

TEST_CASE("a block of another codec is found under its CID") {
  auto input = make_car({id_of_one}, {two});
  const std::size_t at = input.size() - two.size() - cid::size;
  input[at + 1] = std::byte{0x70};
  const auto car = car_view::parse(input).value();
  const auto id = cid::from_received_bytes(std::span{input}.subspan(at, cid::size)).value();
  CHECK(car.find(id));
  CHECK_FALSE(car.find(id_of_two));
}

TEST_CASE("the last section may say that it is longer, and lengths may be longer than needed") {
  const auto whole = make_car({id_of_one}, {two});
  auto input = whole;
  auto& length = input[input.size() - two.size() - cid::size - 1];
  length = std::byte{0x70};
  CHECK(car_view::parse(input)->find(id_of_two));
  input = whole;
  const auto at = input.end() - static_cast<std::ptrdiff_t>(two.size() + cid::size);
  *(at - 1) |= std::byte{0x80};
  input.insert(at, std::byte{0});
  CHECK(car_view::parse(input)->find(id_of_two));
}

TEST_CASE("roots are not needed, and those of another format are left out") {
  const auto header = [](std::string_view digits) {
    std::vector<std::byte> car;
    test::append_section(car, hex(digits));
    return car_view::parse(car).value();
  };
  CHECK(header("a265726f6f7473806776657273696f6e01").root_count() == 0);
  CHECK(header("a26776657273696f6e0165726f6f747380").roots().empty()); // sorted plainly
  const auto old = header("a265726f6f747381d82a58230012200000000000000000000000000000000000000000"
                          "0000000000000000000000006776657273696f6e01");
  CHECK(old.root_count() == 1);
  CHECK(old.roots().empty());
}

TEST_CASE("a header that is not that of version 1 with roots is refused") {
  const auto header = [](std::string_view digits) {
    std::vector<std::byte> car;
    test::append_section(car, hex(digits));
    return car;
  };
  refuse(header("a0"), "'version' is missing");
  refuse(header("f6"), "'version' is missing");
  refuse(header("a16776657273696f6e02"), "version 2, must be 1");
  refuse(header("a16776657273696f6e01"), "'roots' must be an array");
  refuse(header("a265726f6f7473f66776657273696f6e01"), "must be an array");
  refuse(header("a265726f6f747381016776657273696f6e01"), "must be a link, is integer");
  refuse(header("ff"), "indefinite");
  refuse({}, "varint");
}

TEST_CASE("the caps of a CAR are enforced") {
  const auto input = make_car({id_of_one, id_of_two}, {one, two});
  CHECK(car_view::parse(input, {.max_size = input.size()}));
  CHECK(car_view::parse(input, {.max_blocks = 2}));
  CHECK(car_view::parse(input, {.max_block_size = 3}));
  CHECK(car_view::parse(input, {.max_roots = 2}));
  const auto limited = [&](const car_limits& limits, const std::string& reason) {
    const auto why = refused(input, limits);
    CHECK(why.code == errc::limit);
    CHECK_THAT(why.message, Contains(reason));
  };
  limited({.max_size = input.size() - 1}, "bytes, at most");
  limited({.max_blocks = 1}, "more than 1 blocks");
  limited({.max_block_size = 2}, "has 3 bytes, at most 2");
  limited({.max_roots = 1}, "2 roots, at most 1");
}

TEST_CASE("varints are read if they are as short as can be") {
  const auto value = [](std::string_view digits) {
    const auto input = hex(digits);
    std::size_t offset = 0;
    const auto result = read_varint(input, offset);
    REQUIRE(result);
    CHECK(offset == input.size());
    return *result;
  };
  CHECK(value("00") == 0);
  CHECK(value("7f") == 127);
  CHECK(value("8001") == 128);
  CHECK(value("ffff03") == 65535);
  CHECK(value("ffffffffffffffff7f") == INT64_MAX);

  const auto reason = [](std::string_view digits) {
    std::size_t offset = 0;
    const auto result = read_varint(hex(digits), offset);
    REQUIRE_FALSE(result);
    CHECK(offset == 0);
    return result.error().message;
  };
  CHECK_THAT(reason(""), Contains("ends inside"));
  CHECK_THAT(reason("80"), Contains("ends inside"));
  CHECK_THAT(reason("8000"), Contains("longer than needed"));
  CHECK_THAT(reason("ff8000"), Contains("longer than needed"));
  CHECK_THAT(reason("ffffffffffffffffff01"), Contains("more than 9 bytes"));
}
