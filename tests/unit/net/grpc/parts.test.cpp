#include "net/grpc/grpc_framing.hpp"
#include "net/grpc/grpc_headers.hpp"

#include <catch2/catch.hpp>

using namespace prism::net;
using namespace std::chrono_literals;

namespace {

std::string framed(std::string_view message, char flag = '\0') {
  const auto prefix = grpc_prefix(static_cast<std::uint32_t>(message.size()));
  std::string out(prefix.begin(), prefix.end());
  out[0] = flag;
  return out.append(message);
}

} // namespace

TEST_CASE("a message is taken out of pieces of any size", "[grpc]") {
  using fault = grpc_message_reader::fault;
  const auto body = framed("the message");
  for (std::size_t piece = 1; piece <= body.size(); ++piece) {
    grpc_message_reader reader(11);
    for (std::size_t at = 0; at < body.size(); at += piece) {
      CHECK(reader.end() == (at == 0 ? fault::no_message : fault::truncated));
      REQUIRE(reader.take(std::string_view{body}.substr(at, piece)) == fault::none);
    }
    CHECK(reader.end() == fault::none);
    CHECK(reader.size() == 11);
    const auto message = reader.release();
    CHECK(message == "the message");
  }
}

TEST_CASE("what is not one plain message is a fault", "[grpc]") {
  using fault = grpc_message_reader::fault;
  const auto fault_of = [](std::string_view body) { return grpc_message_reader(11).take(body); };
  CHECK(fault_of(framed("the messages")) == fault::too_large);
  CHECK(fault_of(std::string{"\0\xff\xff\xff\xff", 5}) == fault::too_large);
  CHECK(fault_of(framed("x", '\1')) == fault::compressed);
  CHECK(fault_of("\1") == fault::compressed);
  CHECK(fault_of(framed("x") + framed("y")) == fault::second_message);
  CHECK(fault_of(framed("") + '\0') == fault::second_message);
  CHECK(fault_of(framed("")) == fault::none);
}

TEST_CASE("a message takes at most twice the memory of what has come of it", "[grpc]") {
  using fault = grpc_message_reader::fault;
  for (const std::size_t pieces : {1U, 2U, 3U, 1'000U}) {
    grpc_message_reader reader(std::size_t{1} << 30U);
    REQUIRE(reader.take(std::string{"\0\x3f\0\0\0", 5}) == fault::none);
    for (std::size_t i = 0; i < pieces; ++i)
      REQUIRE(reader.take(std::string(17, 'x')) == fault::none);
    CHECK(reader.size() == pieces * 17);
    const auto message = reader.release();
    CHECK(message.capacity() <= 2 * pieces * 17);
  }
}

TEST_CASE("timeouts are read as gRPC writes them", "[grpc]") {
  CHECK(parse_grpc_timeout("1H") == 1h);
  CHECK(parse_grpc_timeout("2M") == 2min);
  CHECK(parse_grpc_timeout("3S") == 3s);
  CHECK(parse_grpc_timeout("100m") == 100ms);
  CHECK(parse_grpc_timeout("99999999u") == 99'999'999us);
  CHECK(parse_grpc_timeout("0n") == 0ns);
  CHECK(parse_grpc_timeout("99999999H") == 8'760h);
  for (const auto* const wrong : {"", "1", "H", "1h", "1.5S", "-1S", " 1S", "100000000u", "1S "})
    CHECK_FALSE(parse_grpc_timeout(wrong));
}

TEST_CASE("the content types of gRPC with protobuf are known", "[grpc]") {
  for (const auto* const right : {"application/grpc", "application/grpc+proto",
                                  "application/grpc; charset=utf-8", "application/grpc+proto;a=b"})
    CHECK(is_grpc_content_type(right));
  for (const auto* const wrong : {"", "application/json", "application/grpc+json",
                                  "application/grpc-web", "application/grpc+protox", "text/plain"})
    CHECK_FALSE(is_grpc_content_type(wrong));
}

TEST_CASE("a text is percent-encoded and cut", "[grpc]") {
  CHECK(encode_grpc_text("all good: ~!") == "all good: ~!");
  CHECK(encode_grpc_text("100 %\n\xc3\xa4\x7f") == "100 %25%0A%C3%A4%7F");
  CHECK(encode_grpc_text(std::string(5'000, 'x')) == std::string(max_grpc_text, 'x'));
}
