#include "atproto/text/base64.hpp"

#include "tests/unit/atproto/hex.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::atproto;
using Catch::Matchers::Contains;
using test::bytes_of;

TEST_CASE("the base64 vectors of RFC 4648 hold, without padding") {
  const std::pair<std::string_view, std::string_view> vectors[]{
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},         {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : vectors) {
    CHECK(base64_encode(bytes_of(plain)) == text);
    CHECK(base64_decode(text).value() == bytes_of(plain));
    const std::string padded = std::string{text} + std::string((4 - text.size() % 4) % 4, '=');
    CHECK(base64_decode(padded).value() == bytes_of(plain));
  }
  CHECK(base64_encode(test::hex("fbff")) == "+/8");
}

TEST_CASE("text that is not base64 is refused") {
  const auto reason = [](std::string_view text) {
    const auto result = base64_decode(text);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == errc::invalid);
    return result.error().message;
  };
  CHECK_THAT(reason("Z"), Contains("no bytes"));
  CHECK_THAT(reason("Zm9vY"), Contains("no bytes"));
  CHECK_THAT(reason("Zg="), Contains("padding"));
  CHECK_THAT(reason("Zg==="), Contains("padding"));
  CHECK_THAT(reason("Zg=a"), Contains("padding"));
  CHECK_THAT(reason("===="), Contains("padding"));
  CHECK_THAT(reason("Zm9v===="), Contains("padding"));
  CHECK_THAT(reason("-_8="), Contains("0x2d at position 0"));
  CHECK_THAT(reason("Zm 9"), Contains("0x20 at position 2"));
  CHECK_THAT(reason("Zh"), Contains("bits set beyond"));
  CHECK_THAT(reason("Zm9="), Contains("bits set beyond"));
}
