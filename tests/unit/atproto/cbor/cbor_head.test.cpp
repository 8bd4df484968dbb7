#include "atproto/cbor/cbor_head.hpp"

#include "tests/unit/atproto/hex.hpp"

#include <catch2/catch.hpp>

using namespace prism::atproto;
using prism::test::hex;

namespace {

cbor_fault skip(std::string_view digits, std::size_t expected_end) {
  const auto input = hex(digits);
  std::size_t offset = 0;
  const auto fault = skip_cbor_item(input, offset);
  if (fault == cbor_fault::none)
    CHECK(offset == expected_end);
  return fault;
}

} // namespace

TEST_CASE("an item is skipped with all that is inside it") {
  CHECK(skip("00 00", 1) == cbor_fault::none);
  CHECK(skip("1903e8 00", 3) == cbor_fault::none);
  CHECK(skip("43010203 00", 4) == cbor_fault::none);
  CHECK(skip("f6 00", 1) == cbor_fault::none);
  CHECK(skip("80 00", 1) == cbor_fault::none);
  CHECK(skip("83 01 8102 a16161 4100 00", 9) == cbor_fault::none);
  CHECK(skip("a2 6161 82f5f4 6162 d82a420001 00", 13) == cbor_fault::none);
}

TEST_CASE("skipping a malformed item says what is wrong") {
  CHECK(skip("", 0) == cbor_fault::truncated);
  CHECK(skip("43 0102", 0) == cbor_fault::truncated);
  CHECK(skip("82 01", 0) == cbor_fault::truncated);
  CHECK(skip("a1 6161", 0) == cbor_fault::truncated);
  CHECK(skip("d82a", 0) == cbor_fault::truncated);
  CHECK(skip("bb8000000000000001 00", 0) == cbor_fault::truncated); // twice this is 2
  CHECK(skip("9bffffffffffffffff", 0) == cbor_fault::truncated);
  CHECK(skip("5bffffffffffffffff", 0) == cbor_fault::truncated);
  CHECK(skip("81 9f", 0) == cbor_fault::indefinite_length);
  CHECK(skip("81 fb0000000000000000", 0) == cbor_fault::floating_point);
  CHECK(skip("81 1800", 0) == cbor_fault::not_shortest);
}

TEST_CASE("skipping does not recurse, however deep the input is") {
  std::vector<std::byte> input(1'000'000, std::byte{0x81});
  input.push_back(std::byte{0});
  std::size_t offset = 0;
  CHECK(skip_cbor_item(input, offset) == cbor_fault::none);
  CHECK(offset == input.size());
}
