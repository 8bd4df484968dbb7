#include "net/tunnel/message_filter.hpp"

#include "world.hpp"

#include <vector>

using namespace prism;
using namespace prism::net;
using namespace prism::net::test;
using Catch::Matchers::Contains;
using namespace std::string_literals;

namespace {

const message_rules rules{.most = 1'000, .contents = {"@<>+a.question", "@<>+@atom+@str"}};

const std::string node_id = "\x00\x00\x3e\x9a\xab\x9b\xac\x79"s + std::string(24, 'n');

/// A message: its header, which may lie about the size, and what follows.
std::string message(char kind, const std::string& payload, std::uint32_t announced) {
  std::string out(32, '\xFF');
  out[0] = kind;
  for (std::size_t i = 0; i < 4; ++i)
    out[4 + i] = static_cast<char>((announced >> (8 * (3 - i))) & 0xFFU);
  return out + payload;
}

std::string message(char kind, const std::string& payload) {
  return message(kind, payload, static_cast<std::uint32_t>(payload.size()));
}

/// A direct message between actors.
std::string content(const std::string& types, const std::string& values) {
  return message(2, "\0\0\0"s + static_cast<char>(types.size()) + types + values);
}

bool take_in_pieces(message_filter& filter, const std::string& bytes, std::size_t size) {
  for (std::size_t at = 0; at < bytes.size(); at += size)
    if (!filter.take(
            std::as_bytes(std::span{bytes}.subspan(at, std::min(size, bytes.size() - at)))))
      return false;
  return true;
}

/// What is wrong with it, alone and behind a good one, in one piece and byte by byte; "" if
/// nothing.
std::string problem_of(const std::string& bytes, const message_rules& under = rules) {
  message_filter whole(under);
  const bool passed = take_in_pieces(whole, bytes, bytes.size());
  CHECK(passed == whole.problem().empty());
  message_filter second(under);
  CHECK(take_in_pieces(second, content("@<>+a.question", "?"), 1'000));
  static_cast<void>(take_in_pieces(second, bytes, 1));
  CHECK(second.problem() == whole.problem());
  return whole.problem();
}

} // namespace

TEST_CASE("what prismctl sends passes, however its bytes are cut", "[tunnel]") {
  const std::string all = message(1, node_id) + content("@<>+@atom+@str", "info") +
                          message(4, node_id + node_id) + content("@<>+a.question", "") +
                          content("@<>+a.question", std::string(900, '\0')) + message(6, "") +
                          message(5, node_id + node_id + "\1categry\0\0\0\3@<>"s);
  for (const std::size_t size : {1, 3, 31, 32, 33, 100'000}) {
    message_filter filter(rules);
    CHECK(take_in_pieces(filter, all + all, size));
    CHECK(filter.problem().empty());
  }
}

TEST_CASE("what operators do not send is refused", "[tunnel]") {
  CHECK_THAT(problem_of(message(2, "", 0xF0000000)),
             Contains("announced a message of 4026531840 bytes, more than 1000"));
  CHECK_THAT(problem_of(message(0, node_id)), Contains("of kind 0"));
  CHECK_THAT(problem_of(message(3, node_id)), Contains("of kind 3"));
  CHECK_THAT(problem_of(message(7, "")), Contains("of kind 7"));
  // A byte buffer whose size CAF believes; a message in a message; other actors on the way.
  const auto bad_content = Contains("contents that operators do not send");
  CHECK_THAT(problem_of(content("@<>+@charbuf", "\xFF\xFF\xFF\xFF\x0F")), bad_content);
  CHECK_THAT(problem_of(content("@<>+a.questions", "")), bad_content);
  CHECK_THAT(problem_of(content("@<>+a.question+@message", "")), bad_content);
  CHECK_THAT(problem_of(content("@<>+a.questio", "")), bad_content);
  CHECK_THAT(problem_of(message(2, "\1\0\0\x0e@<>+a.question"s)), bad_content);
  CHECK_THAT(problem_of(message(2, "\0\0\7"s + std::string(50, 'x'))), bad_content);
  CHECK_THAT(problem_of(message(2, "")), bad_content);
  // Ids of another kind, which may be longer; and an error that has a message in it.
  CHECK_THAT(problem_of(message(1, std::string(32, 'x'))), bad_content);
  CHECK_THAT(problem_of(message(1, node_id + "x")), Contains("33 bytes instead of 32"));
  CHECK_THAT(problem_of(message(4, node_id)), Contains("32 bytes instead of 64"));
  CHECK_THAT(problem_of(message(5, node_id + node_id + "\1categry\0\0\0\xc@<>+@charbuf"s)),
             Contains("bytes instead of 79"));
  CHECK_THAT(problem_of(message(5, node_id + node_id + "\1categry\0\0\0\3@<+"s)), bad_content);
  CHECK_THAT(problem_of(message(6, "x")), Contains("1 bytes instead of 0"));
}

TEST_CASE("of nodes only the length of messages counts", "[tunnel]") {
  const message_rules length{.most = 100};
  CHECK(problem_of(message(3, std::string(100, 'x')), length).empty());
  CHECK(problem_of(message(9, ""), length).empty());
  CHECK_THAT(problem_of(message(3, std::string(101, 'x')), length), Contains("more than 100"));
}

TEST_CASE("who sends a bad message is cut before it reaches CAF", "[tunnel]") {
  std::atomic<std::size_t> reached{0};
  world w(
      {},
      [&](backend::tcp::socket& socket) {
        std::array<char, 4096> buffer{};
        boost::system::error_code ec;
        while (!ec)
          reached += socket.read_some(boost::asio::buffer(buffer), ec);
      },
      rules);
  const auto who = GENERATE(certificate_role::viewing, certificate_role::node);
  const auto opened = must(w.open(w.ca.issue("ann", who)));
  connection local(opened->port());
  const auto good = content("@<>+a.question", "?");
  local.send(good);
  CHECK(eventually([&] { return reached == good.size(); }));
  if (who == certificate_role::node) {
    const auto more = content("@<>+@charbuf", "");
    local.send(more);
    CHECK(eventually([&] { return reached == good.size() + more.size(); }));
    reached = good.size();
    local.send(message(3, "", 1'001));
  } else {
    local.send(content("@<>+@charbuf", "\xFF\xFF\xFF\xFF\x0F"));
  }
  CHECK(local.wait_for_end());
  CHECK(eventually([&] { return w.server->stats().open == 0; }));
  CHECK(w.server->stats().bad_messages == 1);
  CHECK(reached == good.size());
}
