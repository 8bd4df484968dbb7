#include "tools/prism-proxy/pg_messages.hpp"

#include <boost/endian/conversion.hpp>
#include <catch2/catch.hpp>

using namespace prism::proxy;
using namespace std::string_literals;

namespace {

std::string number(std::uint32_t n) {
  std::string out(4, '\0');
  boost::endian::store_big_u32(reinterpret_cast<unsigned char*>(out.data()), n);
  return out;
}

std::string message(char type, const std::string& body) {
  return std::string(1, type) + number(static_cast<std::uint32_t>(body.size() + 4)) + body;
}

std::string untyped(const std::string& body) {
  return number(static_cast<std::uint32_t>(body.size() + 4)) + body;
}

bool commits(commit_spotter& spotter, char type, const std::string& body) {
  return spotter.is_commit({type, body, {}});
}

} // namespace

TEST_CASE("messages are found however the bytes are split") {
  const std::string all = untyped(number(80877103)) + untyped(number(196608) + "user\0me\0\0"s) +
                          message('Q', "select 1\0"s) + message('X', "");
  for (std::size_t piece = 1; piece <= all.size(); ++piece) {
    message_reader reader(message_reader::side::client);
    std::string types, bytes;
    for (std::size_t at = 0; at < all.size(); at += piece) {
      reader.append(std::string_view{all}.substr(at, piece));
      for (;;) {
        const auto found = reader.next();
        REQUIRE(found);
        if (!*found)
          break;
        types += asks_for_encryption(**found) ? '?' : (*found)->type;
        bytes += (*found)->whole;
      }
    }
    CHECK(types == "?\0QX"s);
    CHECK(bytes == all);
  }
}

TEST_CASE("an impossible length is an error") {
  for (const auto length : {0U, 3U, 0xffffffffU}) {
    message_reader reader(message_reader::side::server);
    reader.append("Z" + number(length));
    const auto found = reader.next();
    REQUIRE_FALSE(found);
    CHECK(found.error().code == prism::errc::invalid);
  }
}

TEST_CASE("COMMIT is seen as a query and as a prepared statement") {
  commit_spotter spotter;
  CHECK(commits(spotter, 'Q', "COMMIT;\0"s));
  CHECK(commits(spotter, 'Q', " commit\n\0"s));
  CHECK_FALSE(commits(spotter, 'Q', "commit prepared 'x'\0"s));
  CHECK_FALSE(commits(spotter, 'Q', "\0"s));
  CHECK_FALSE(commits(spotter, 'E', "\0\0\0\0\0"s));

  CHECK_FALSE(commits(spotter, 'P', "c\0commit\0\0\0"s));
  CHECK_FALSE(commits(spotter, 'P', "other\0select 'commit'\0\0\0"s));
  CHECK_FALSE(commits(spotter, 'B', "\0other\0"s));
  CHECK_FALSE(commits(spotter, 'E', "\0\0\0\0\0"s));
  CHECK_FALSE(commits(spotter, 'B', "\0c\0"s));
  CHECK(commits(spotter, 'E', "\0\0\0\0\0"s));
  // A name may be reused.
  CHECK_FALSE(commits(spotter, 'C', "Sc\0"s));
  CHECK_FALSE(commits(spotter, 'B', "\0c\0"s));
  CHECK_FALSE(commits(spotter, 'E', "\0\0\0\0\0"s));
}

TEST_CASE("a truncated message is read as far as it goes") {
  commit_spotter spotter;
  for (const char type : {'Q', 'P', 'B', 'C', 'E', 'x'})
    CHECK_FALSE(commits(spotter, type, ""));
}
