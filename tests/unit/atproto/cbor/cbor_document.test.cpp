#include "atproto/cbor/cbor.hpp"

#include "tests/unit/atproto/hex.hpp"

#include <catch2/catch.hpp>
#include <limits>

using namespace prism;
using namespace prism::atproto;
using Catch::Matchers::Contains;
using test::hex;

namespace {

// The error of parsing these bytes.
error refused(std::span<const std::byte> input, const cbor_limits& limits = {}) {
  const auto result = cbor_document::parse(input, limits);
  REQUIRE_FALSE(result);
  return result.error();
}

void refuse(std::string_view digits, const std::string& reason, std::size_t offset) {
  INFO("input " << digits);
  const auto why = refused(hex(digits));
  CHECK(why.code == errc::invalid);
  CHECK_THAT(why.message, Contains(reason));
  CHECK_THAT(why.message, Catch::Matchers::EndsWith("offset " + std::to_string(offset)));
}

const std::string link_hex = "d82a582500 01711220"
                             "c19a797fa1fd590cd2e5b42d1cf5f246e29b91684e2f87404b81dc345c7a56a0";

} // namespace

TEST_CASE("integers of every width are read") {
  const auto value = [](std::string_view digits) {
    const auto input = hex(digits);
    return cbor_document::parse(input).value().root().as_int();
  };
  CHECK(value("00") == 0);
  CHECK(value("17") == 23);
  CHECK(value("1818") == 24);
  CHECK(value("18ff") == 255);
  CHECK(value("190100") == 256);
  CHECK(value("19ffff") == 65535);
  CHECK(value("1a00010000") == 65536);
  CHECK(value("1affffffff") == 4294967295);
  CHECK(value("1b0000000100000000") == 4294967296);
  CHECK(value("1b7fffffffffffffff") == std::numeric_limits<std::int64_t>::max());
  CHECK(value("20") == -1);
  CHECK(value("3818") == -25);
  CHECK(value("3b7fffffffffffffff") == std::numeric_limits<std::int64_t>::min());
}

TEST_CASE("integers beyond int64 are refused") {
  refuse("1b8000000000000000", "64-bit", 0);
  refuse("3b8000000000000000", "64-bit", 0);
  refuse("c249010000000000000000", "tag other than 42", 0); // bignum
}

TEST_CASE("heads that are not shortest are refused, for every kind") {
  for (const auto* digits : {"1817", "1900ff", "1a0000ffff", "1b00000000ffffffff", "3800", "580100",
                             "780161", "980100", "b8016100f6", "d9002a40"})
    refuse(digits, "shortest", 0);
}

TEST_CASE("indefinite lengths, floats and other simple values are refused") {
  for (const auto* digits : {"5f4100ff", "7f6161ff", "9f00ff", "bf616100ff", "ff"})
    refuse(digits, "indefinite", 0);
  for (const auto* digits : {"f93c00", "fa3f800000", "fb3ff0000000000000", "f97e00"})
    refuse(digits, "floating-point", 0);
  for (const auto* digits : {"f7", "e0", "f3", "f820", "f8ff", "f814"})
    refuse(digits, "simple value", 0);
  for (const auto* digits : {"1c", "5d", "9e", "fc"})
    refuse(digits, "reserved", 0);
}

TEST_CASE("only tag 42 over a prefixed binary CID is a link") {
  const auto input = hex(link_hex);
  const auto document = cbor_document::parse(input).value();
  CHECK(document.root().kind() == cbor_kind::link);
  CHECK(document.root().as_link() == cid::of_dag_cbor(hex("a0")));

  refuse("c0617a", "tag other than 42", 0);
  refuse("d82b00", "tag other than 42", 0);
  refuse("d82a00", "tag 42 must hold", 0);
  refuse("d82a6100", "tag 42 must hold", 0);
  refuse("d82a40", "tag 42 must hold", 0);
  refuse("d82a4101", "tag 42 must hold", 0);
  refuse("d82a4100", "link is not a CIDv1", 0);
  auto other_codec = input;
  other_codec[6] = std::byte{0x70};
  CHECK_THAT(refused(other_codec).message, Contains("link is not a CIDv1"));
}

TEST_CASE("text must be UTF-8, bytes need not") {
  const auto input = hex("82 6ac3a9e282acf09f98803f 42fffe");
  const auto document = cbor_document::parse(input).value();
  auto item = document.root().items().begin();
  CHECK((*item).as_text() == "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80?");
  ++item;
  CHECK(test::to_hex((*item).as_bytes().value()) == "fffe");

  for (const auto* digits : {"61ff", "61c3", "62c080", "63eda080", "64f0808080", "64f4908080",
                             "63e28261", "6180", "64f5808080", "62c1bf", "63e08080"})
    refuse(digits, "UTF-8", 0);
  refuse("a161ff00", "UTF-8", 1);
}

TEST_CASE("text may contain NUL, at any place among ASCII") {
  const auto input = hex("6c 616200636465666768696a6b");
  CHECK(cbor_document::parse(input).value().root().as_text()->size() == 12);
}

namespace {

cbor_document received(std::span<const std::byte> input, bad_texts texts = bad_texts::keep) {
  auto result = cbor_document::parse_received(input, texts);
  REQUIRE(result);
  return std::move(*result);
}

std::string why_not_received(std::string_view digits) {
  const auto input = hex(digits);
  const auto result = cbor_document::parse_received(input, bad_texts::keep);
  return result ? "received" : result.error().message;
}

} // namespace

TEST_CASE("whole floats of at most 53 bits are received as integers, others as numbers") {
  for (const auto* digits : {"f94200", "fa40400000", "fb4008000000000000"}) {
    const auto input = hex(digits);
    CHECK(received(input).root().as_int() == 3);
    CHECK(received(input).root().as_number() == 3.0);
  }
  const auto zero = hex("fb8000000000000000"); // negative
  CHECK(received(zero).root().as_int() == 0);
  const auto least = hex("fbc33fffffffffffff"); // -(2^53 - 1)... as a double
  CHECK(received(least).root().is(cbor_kind::integer));
  for (const auto& [digits, value] : {std::pair{"f93e00", 1.5},
                                      {"fa3e800000", 0.25},
                                      {"fb3ff8000000000000", 1.5},
                                      {"fb43b0000000000000", 1152921504606846976.0},
                                      {"f90001", 5.9604644775390625e-8},
                                      {"f9c400", -4.0}}) {
    const auto input = hex(digits);
    CHECK(received(input).root().as_number() == value);
    CHECK(received(input).root().is(cbor_kind::number) == (value != -4.0));
  }
  for (const auto* digits : {"f97e00", "f97c00", "f9fc00", "fa7fc00000", "fbfff0000000000000"})
    CHECK_THAT(why_not_received(digits), Contains("NaN"));
}

TEST_CASE("integers of 64 bits are received, and those beyond 53 bits noted") {
  const auto unsafe = [](std::string_view digits) {
    const auto input = hex(digits);
    return received(input).has_unsafe_integer();
  };
  CHECK_FALSE(unsafe("1b001fffffffffffff"));
  CHECK(unsafe("1b0020000000000000"));
  CHECK_FALSE(unsafe("3b001ffffffffffffe"));
  CHECK(unsafe("3b001fffffffffffff"));
  CHECK(unsafe("8181a161611bffffffffffffffff"));
  const auto input = hex("1bffffffffffffffff");
  CHECK(received(input).root().is(cbor_kind::big_integer));
  CHECK_FALSE(received(input).root().as_int());
}

TEST_CASE("undefined is received as null, keys in any order, but none twice") {
  const auto input = hex("a3 6162f7 626161 01 6161 02"); // b, aa, a
  const auto document = received(input);
  CHECK(document.root().find("b")->is(cbor_kind::null));
  CHECK(document.root().find_int("aa") == 1);
  CHECK(document.root().find_int("a") == 2);
  CHECK_THAT(why_not_received("a3616201616102616203"), Contains("duplicate"));
  CHECK_THAT(why_not_received("a2616101616102"), Contains("duplicate"));
  CHECK_THAT(why_not_received("a2 65efbbbf6162 01 626162 02"), Contains("duplicate"));
  CHECK_THAT(why_not_received("a2 61ff 01 61fe 02"), Contains("duplicate")); // as replaced
  CHECK(why_not_received("a2 61ff 01 626162 02") == "received");
  CHECK_THAT(why_not_received("a10101"), Contains("not text"));
}

TEST_CASE("a text that is not UTF-8 is kept or replaced, without its byte order mark") {
  const auto input = hex("83 6461ff62c3 66efbbbf616263 61ff");
  const auto kept = received(input);
  auto item = kept.root().items().begin();
  CHECK_FALSE((*item).as_text());
  CHECK((*item).as_unchecked_text() == "a\xFF"
                                       "b\xC3");
  CHECK((*++item).as_text() == "abc");
  auto replaced = received(input, bad_texts::replace);
  const auto moved = std::move(replaced);
  item = moved.root().items().begin();
  CHECK((*item).as_text() == "a\xEF\xBF\xBD"
                             "b\xEF\xBF\xBD");
  CHECK((*++item).as_text() == "abc");
  CHECK((*++item).as_text() == "\xEF\xBF\xBD");
  const auto strict = hex("66efbbbf616263");
  CHECK(cbor_document::parse(strict)->root().as_text() == "\xEF\xBB\xBF"
                                                          "abc");
}

TEST_CASE("links of any format are received, if they are CIDs") {
  auto input = hex(link_hex);
  CHECK(received(input).root().is(cbor_kind::link));
  input[6] = std::byte{0x70};
  CHECK(received(input).root().as_link()->bytes()[1] == std::byte{0x70});
  const auto old = hex("d82a582300 1220"
                       "c19a797fa1fd590cd2e5b42d1cf5f246e29b91684e2f87404b81dc345c7a56a0");
  CHECK(received(old).root().is(cbor_kind::other_link));
  CHECK(received(old).root().as_any_link()->size() == 34);
  CHECK_FALSE(received(old).root().as_link());
  CHECK(why_not_received("d82a480001550003616263") == "received"); // identity hash of "abc"
  for (const auto* digits : {"d82a4100", "d82a470001550003616263", "d82a480001550002616263",
                             "d82a00", "d82a4101", "d82a48000255000361626364"})
    CHECK_THAT(why_not_received(digits), Contains("link") || Contains("tag 42") ||
                                             Contains("inside an item") || Contains("follow"));
}

TEST_CASE("what strangers send has to be definite, shortest and without other tags") {
  for (const auto* digits : {"1817", "1900ff", "780161", "980100", "b8016100f6", "d9002a40",
                             "5f4100ff", "9f00ff", "bf616100ff", "ff", "e0", "f3", "f820", "f8ff",
                             "f814", "1c", "c06161", "c101", "d9d9f701"}) {
    INFO(digits);
    CHECK(why_not_received(digits) != "received");
  }
}

TEST_CASE("map keys must be text, sorted and unique") {
  refuse("a10001", "key is not text", 1);
  refuse("a1416101", "key is not text", 1);
  refuse("a2616201616102", "not sorted", 4);
  refuse("a262616101616202", "not sorted", 5); // longer before shorter
  refuse("a2616101616102", "duplicate", 4);
  refuse("a2600060 01", "duplicate", 3);
  CHECK(cbor_document::parse(hex("a2 60 00 6161 01"))); // the empty key is the first of all
  const auto input = hex("a3 6162 01 6163 02 626161 03");
  const auto document = cbor_document::parse(input).value();
  std::string keys;
  std::int64_t sum = 0;
  for (const auto [key, value] : document.root().pairs()) {
    keys += std::string{key} + ' ';
    sum = sum * 10 + value.as_int().value();
  }
  CHECK(keys == "b c aa ");
  CHECK(sum == 123);
}

TEST_CASE("trailing bytes are an error, except after a prefix") {
  refuse("0000", "bytes follow", 1);
  const auto input = hex("820102 a0");
  const auto prefix = cbor_document::parse_prefix(input).value();
  CHECK(prefix.consumed == 3);
  CHECK(prefix.document.root().size() == 2);
  CHECK_FALSE(cbor_document::parse_prefix(hex("82")));
}

TEST_CASE("input that ends early is refused wherever it ends") {
  const auto whole = hex("a4 6161 83 01 3903e7 f5 6162 4401020304 6163 63e282ac 6164 " + link_hex);
  REQUIRE(cbor_document::parse(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO("cut at " << size);
    CHECK_THAT(refused(std::span{whole}.first(size)).message, Contains("ends inside an item"));
  }
}

TEST_CASE("lengths and counts that the input cannot hold are refused without allocating") {
  for (const auto* digits :
       {"5b7fffffffffffffff", "5bffffffffffffffff", "7bffffffffffffffff", "9bffffffffffffffff",
        "bbffffffffffffffff", "9affffffff00", "bb7fffffffffffffff6100", "a2616100"}) {
    INFO(digits);
    CHECK_THAT(refused(hex(digits)).message, Contains("ends inside an item"));
  }
  CHECK_THAT(refused(hex("d82a5bffffffffffffffff")).message, Contains("ends inside an item"));
}

TEST_CASE("depth is limited") {
  const auto nested = [](std::size_t depth) {
    std::vector<std::byte> input(depth, std::byte{0x81});
    input.push_back(std::byte{0});
    return input;
  };
  CHECK(cbor_document::parse(nested(64)));
  const auto why = refused(nested(65));
  CHECK(why.code == errc::limit);
  CHECK_THAT(why.message, Contains("too deeply") && Contains("offset 64"));
  CHECK(refused(nested(3), {.max_depth = 2}).code == errc::limit);
  CHECK(refused(nested(1'000'000)).code == errc::limit);
  CHECK(refused(nested(65), {.max_depth = 1000}).code == errc::limit); // 64 is a ceiling
  CHECK(cbor_document::parse(hex("00"), {.max_depth = 0}));
}

TEST_CASE("the number of items is limited, map keys included") {
  CHECK(cbor_document::parse(hex("83010203"), {.max_nodes = 4}));
  CHECK(refused(hex("83010203"), {.max_nodes = 3}).code == errc::limit);
  CHECK(cbor_document::parse(hex("a1616100"), {.max_nodes = 3}));
  const auto why = refused(hex("a1616100"), {.max_nodes = 2});
  CHECK(why.code == errc::limit);
  CHECK_THAT(why.message, Contains("too many items"));
}

TEST_CASE("the size of the input is limited") {
  CHECK(cbor_document::parse(hex("820102"), {.max_size = 3}));
  const auto why = refused(hex("820102"), {.max_size = 2});
  CHECK(why.code == errc::limit);
  CHECK_THAT(why.message, Contains("input too large"));
}

TEST_CASE("a node of another kind than asked for answers nothing") {
  const auto input = hex("86 f6 f5 01 4100 6161 a0");
  const auto document = cbor_document::parse(input).value();
  std::string kinds;
  for (const auto node : document.root().items()) {
    kinds += std::string{to_string(node.kind())} + ' ';
    CHECK(node.as_bool().has_value() == node.is(cbor_kind::boolean));
    CHECK(node.as_int().has_value() == node.is(cbor_kind::integer));
    CHECK(node.as_bytes().has_value() == node.is(cbor_kind::bytes));
    CHECK(node.as_text().has_value() == node.is(cbor_kind::text));
    CHECK_FALSE(node.as_link().has_value());
    CHECK(node.size() == 0);
    CHECK((node.items().begin() == node.items().end()));
    CHECK((node.pairs().begin() == node.pairs().end()));
    CHECK_FALSE(node.find("a"));
  }
  CHECK(kinds == "null boolean integer bytes text map ");
  CHECK((document.root().pairs().begin() == document.root().pairs().end()));
}

TEST_CASE("values are found by key, past nested siblings") {
  const auto input = hex("a5 6161 82a1616b0081f4 6162 01 6163 f4 6164 6178 6165 " + link_hex);
  const auto document = cbor_document::parse(input).value();
  const auto root = document.root();
  CHECK(root.size() == 5);
  CHECK(root.find_int("b") == 1);
  CHECK(root.find("c").value().as_bool() == false);
  CHECK(root.find_text("d") == "x");
  CHECK(root.find_link("e") == cid::of_dag_cbor(hex("a0")));
  CHECK_FALSE(root.find_text("b"));
  CHECK_FALSE(root.find_bytes("d"));
  CHECK_FALSE(root.find("z"));
  const auto nested = root.find("a").value();
  CHECK(test::to_hex(nested.raw()) == "82a1616b0081f4");
  CHECK(nested.offset() == 3);
  CHECK((*nested.items().begin()).find_int("k") == 0);
}

TEST_CASE("nodes stay valid when their document moves") {
  const auto input = hex("a1616107");
  auto first = cbor_document::parse(input).value();
  const auto root = first.root();
  const auto second = std::move(first);
  CHECK(root.find_int("a") == 7);
  CHECK(second.root().find_int("a") == 7);
}

TEST_CASE("strings point into the input") {
  const auto input = hex("63616263");
  const auto document = cbor_document::parse(input).value();
  CHECK(static_cast<const void*>(document.root().as_text()->data()) == input.data() + 1);
}
