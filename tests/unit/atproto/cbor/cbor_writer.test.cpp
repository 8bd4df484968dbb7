#include "atproto/cbor/cbor.hpp"

#include "tests/unit/atproto/hex.hpp"

#include <catch2/catch.hpp>
#include <limits>

using namespace prism;
using namespace prism::atproto;
using Catch::Matchers::Contains;
using test::hex;
using test::to_hex;

namespace {

std::string misuse(cbor_writer& out) {
  const auto result = out.finish();
  REQUIRE_FALSE(result);
  CHECK(result.error().code == errc::invalid);
  return result.error().message;
}

} // namespace

TEST_CASE("every kind of value is encoded canonically") {
  cbor_writer out;
  out.begin_array();
  out.null().boolean(false).boolean(true).text("a").bytes(hex("00ff"));
  out.link(cid::of_dag_cbor(hex("a0")));
  out.begin_map().end_map();
  out.begin_array().end_array();
  out.end_array();
  CHECK(to_hex(out.finish().value()) ==
        "88f6f4f561614200ffd82a58250001711220"
        "c19a797fa1fd590cd2e5b42d1cf5f246e29b91684e2f87404b81dc345c7a56a0a080");
}

TEST_CASE("integers take their shortest form and read back") {
  using limits = std::numeric_limits<std::int64_t>;
  for (const std::int64_t value :
       {std::int64_t{0}, std::int64_t{23}, std::int64_t{24}, std::int64_t{255}, std::int64_t{256},
        std::int64_t{65535}, std::int64_t{65536}, std::int64_t{4294967295},
        std::int64_t{4294967296}, limits::max(), std::int64_t{-1}, std::int64_t{-24},
        std::int64_t{-25}, std::int64_t{-256}, std::int64_t{-257}, limits::min()}) {
    cbor_writer out;
    const auto bytes = out.integer(value).finish().value();
    INFO(to_hex(bytes));
    CHECK(cbor_document::parse(bytes).value().root().as_int() == value);
  }
}

TEST_CASE("map keys may be written in any order") {
  cbor_writer out;
  out.begin_map();
  out.key("tags").begin_array().text("x").end_array();
  out.key("b").integer(1);
  out.key("aa").begin_map().key("z").integer(26).key("y").integer(25).end_map();
  out.key("a").null();
  out.end_map();
  CHECK(to_hex(out.finish().value()) == "a4"
                                        "6161f6"
                                        "616201"
                                        "626161a261791819617a181a"
                                        "6474616773816178");
}

TEST_CASE("containers of any size get the shortest count") {
  for (const std::size_t count : {0U, 23U, 24U, 255U, 256U, 65536U}) {
    cbor_writer out;
    out.begin_map().key("list").begin_array();
    for (std::size_t i = 0; i < count; ++i)
      out.integer(static_cast<std::int64_t>(i));
    out.end_array().key("a").boolean(true).end_map();
    const auto bytes = out.finish().value();
    const auto document = cbor_document::parse(bytes).value();
    CHECK(document.root().find("list")->size() == count);
    CHECK(document.root().find("a").value().as_bool() == true);
  }
}

TEST_CASE("a large unsorted map comes out sorted") {
  cbor_writer out;
  out.begin_map();
  for (int i = 300; i > 0; --i)
    out.key("k" + std::to_string(i)).integer(i);
  out.end_map();
  const auto bytes = out.finish().value();
  const auto document = cbor_document::parse(bytes).value();
  CHECK(document.root().size() == 300);
  CHECK(document.root().find_int("k7") == 7);
}

TEST_CASE("items that are already encoded are put in as they are") {
  const auto source = hex("a2616101616282f6f5");
  const auto document = cbor_document::parse(source).value();
  cbor_writer out;
  out.begin_map().key("x").raw(document.root().find("b")->raw()).end_map();
  CHECK(to_hex(out.finish().value()) == "a1617882f6f5");
}

TEST_CASE("several items can follow each other, as in a frame") {
  cbor_writer out;
  out.begin_map().key("op").integer(1).end_map();
  out.begin_map().end_map();
  CHECK(to_hex(out.finish().value()) == "a1626f7001a0");
}

TEST_CASE("misuse is reported by finish, the first one by name") {
  cbor_writer out;
  out.begin_map().key("a").integer(1).key("a").integer(2).end_map();
  CHECK_THAT(misuse(out), Contains("duplicate key"));
  out.begin_map().integer(1).end_map();
  CHECK_THAT(misuse(out), Contains("value without its key"));
  out.begin_map().key("a").key("b");
  CHECK_THAT(misuse(out), Contains("two keys"));
  out.begin_map().key("a").end_map();
  CHECK_THAT(misuse(out), Contains("key without a value"));
  out.key("a");
  CHECK_THAT(misuse(out), Contains("outside of a map"));
  out.begin_array().key("a");
  CHECK_THAT(misuse(out), Contains("outside of a map"));
  out.begin_array();
  CHECK_THAT(misuse(out), Contains("not closed"));
  out.begin_array().end_map();
  CHECK_THAT(misuse(out), Contains("does not match"));
  out.end_array();
  CHECK_THAT(misuse(out), Contains("does not match"));
  out.text("\xFF");
  CHECK_THAT(misuse(out), Contains("text that is not UTF-8"));
  out.begin_map().key("\xC0\x80");
  CHECK_THAT(misuse(out), Contains("key that is not UTF-8"));
  // ... and leaves the writer as new.
  CHECK(to_hex(out.integer(5).finish().value()) == "05");
}
