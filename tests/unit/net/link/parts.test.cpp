#include "net/link/link_address.hpp"
#include "net/link/link_hello.hpp"
#include "net/link/link_pulse.hpp"

#include "linked.hpp"

using namespace prism;
using namespace prism::net;
using namespace prism::net::test;
using namespace std::chrono_literals;
using finding = link_pulse::finding;

namespace {

std::span<const std::byte> body_of(const std::vector<std::byte>& message) {
  const auto size =
      must(parse_hello_head(std::span{message}.first(hello_limits::head), link_magic));
  REQUIRE(message.size() == hello_limits::head + size);
  return std::span{message}.subspan(hello_limits::head);
}

} // namespace

TEST_CASE("a pulse pings each interval and gives up after silence", "[link]") {
  const time_point start{};
  link_pulse pulse({.ping_interval = 1s, .silence_limit = 3s}, start);
  CHECK(pulse.ping_due(start) == 1);
  CHECK_FALSE(pulse.ping_due(start + 999ms));
  CHECK(pulse.next_check() == start + 1s);
  CHECK(pulse.ping_due(start + 1s) == 2);
  CHECK_FALSE(pulse.answered(1, start + 1s)); // not the last
  CHECK(pulse.answered(2, start + 1100ms) == 100ms);
  CHECK_FALSE(pulse.answered(2, start + 1200ms)); // once
  CHECK(pulse.check(start + 2999ms) == finding::alive);
  CHECK(pulse.check(start + 3s) == finding::silent);
  pulse.heard(start + 2s);
  CHECK(pulse.check(start + 3s) == finding::alive);
  CHECK(pulse.check(start + 5s) == finding::silent);
}

TEST_CASE("a pulse gives up a peer that takes nothing", "[link]") {
  const time_point start{};
  link_pulse pulse({.ping_interval = 1s, .silence_limit = 3s}, start);
  pulse.writing(start + 1s);
  pulse.heard(start + 4s);
  CHECK(pulse.check(start + 3999ms) == finding::alive);
  CHECK(pulse.check(start + 4s) == finding::stuck);
  pulse.written();
  CHECK(pulse.check(start + 4s) == finding::alive);
}

TEST_CASE("a link's hello and its answer are read as they were written", "[link]") {
  const version_range ours{.min = 1, .max = 2};
  const auto hello = parse_link_hello(body_of(write(link_hello{.versions = {.min = 2, .max = 5},
                                                               .cluster = "lab",
                                                               .from = "a",
                                                               .name = "one",
                                                               .to = "b"})),
                                      ours);
  REQUIRE(hello);
  CHECK(hello->versions == version_range{.min = 2, .max = 5});
  CHECK(hello->cluster == "lab");
  CHECK(hello->from == "a");
  CHECK(hello->name == "one");
  CHECK(hello->to == "b");
  const auto open = parse_link_answer(body_of(write(
      link_answer{.versions = ours, .version = 2, .cluster = "lab", .from = "b", .name = "two"})));
  REQUIRE(open);
  CHECK(open->refusal.empty());
  CHECK(open->version == 2);
  CHECK(open->from == "b");
  CHECK(open->name == "two");
  for (const auto reason : {link_end::unknown_peer, link_end::redundant, link_end::refused}) {
    const auto refused =
        parse_link_answer(body_of(write(link_answer{.refusal = "no\nway", .reason = reason})));
    REQUIRE(refused);
    CHECK(refused->reason == reason);
    CHECK(refused->refusal == "no\\x0away");
  }
  // A reason of a later version.
  const auto later =
      parse_link_answer(body_of(write(link_answer{.refusal = "no", .reason = link_end::overflow})));
  REQUIRE(later);
  CHECK(later->reason == link_end::refused);
}

TEST_CASE("every hello of a link that is cut short is refused", "[link]") {
  const auto hello = write(link_hello{.cluster = "lab", .from = "a", .to = "b"});
  const auto open = write(link_answer{.version = 1, .cluster = "lab", .from = "b"});
  const auto refused = write(link_answer{.refusal = "no"});
  for (const auto* const each : {&hello, &open, &refused})
    for (std::size_t size = hello_limits::head; size < each->size(); ++size) {
      const auto part = std::span{*each}.first(size).subspan(hello_limits::head);
      CHECK_FALSE((each == &hello ? parse_link_hello(part, {}).has_value()
                                  : parse_link_answer(part).has_value()));
    }
  // The tunnel's hello is none of a link, nor the other way round.
  CHECK_FALSE(parse_hello_head(std::span{hello}.first(hello_limits::head)));
  const auto tunnels = write(client_hello{});
  CHECK_FALSE(parse_hello_head(std::span{tunnels}.first(hello_limits::head), link_magic));
}

TEST_CASE("a text of a hello that is longer than it may be is refused", "[link]") {
  const auto of_size = [](std::size_t size) {
    std::vector<std::byte> body{std::byte{0}, std::byte{1}, std::byte{0}, std::byte{1}};
    body.push_back(static_cast<std::byte>(size));
    body.insert(body.end(), size, std::byte{'x'});
    body.insert(body.end(), 3, std::byte{0});
    return parse_link_hello(body, {}).has_value();
  };
  CHECK(of_size(hello_limits::max_text));
  CHECK_FALSE(of_size(hello_limits::max_text + 1));
}

TEST_CASE("of a hello in versions that are not ours only the numbers are read", "[link]") {
  const std::vector<std::byte> later{std::byte{0}, std::byte{2}, std::byte{0}, std::byte{3},
                                     std::byte{255}};
  const auto read = parse_link_hello(later, {.min = 1, .max = 1});
  REQUIRE(read);
  CHECK(read->versions == version_range{.min = 2, .max = 3});
  CHECK_FALSE(parse_link_hello(later, {.min = 1, .max = 2}));
}

TEST_CASE("a peer's address is read", "[link]") {
  CHECK(must(parse_link_address("node-1.example:9466")).host == "node-1.example");
  CHECK(must(parse_link_address("10.0.0.1:1")).port == 1);
  CHECK(must(parse_link_address("[::1]:65535")).host == "::1");
  for (const auto* const bad :
       {"", "x", "x:", ":1", "x:0", "x:65536", "x:1a", "::1:5", "[x]:5", "[]:5", "x: 1"})
    CHECK_FALSE(parse_link_address(bad));
}

TEST_CASE("every end has a name of its own", "[link]") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < link_end_count; ++i)
    names.insert(to_string(static_cast<link_end>(i)));
  CHECK(names.size() == link_end_count);
  CHECK(to_string(link_end::stopped) == "stopped");
}
