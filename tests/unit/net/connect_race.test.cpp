#include "net/connect_race.hpp"

#include "tests/support/held_port.hpp"
#include "tests/support/swallowing_address.hpp"
#include "tests/unit/net/support/eventually.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <catch2/catch.hpp>
#include <sstream>

using namespace prism::net;
using namespace prism::net::test;
using prism::test::swallowing_address;
using std::chrono::milliseconds;

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

tcp::endpoint at(const std::string& address, std::uint16_t port = 1) {
  return {asio::ip::make_address(address), port};
}

std::vector<std::string> texts(const connect_race::endpoints& list) {
  std::vector<std::string> out;
  for (const auto& each : list)
    out.push_back(each.address().to_string());
  return out;
}

/// Runs a race to its end.
struct outcome {
  std::optional<tcp::endpoint> winner;
  boost::system::error_code problem;
  connect_race::endpoints left;
};

outcome race(const connect_race::endpoints& where, milliseconds delay,
             std::optional<milliseconds> cancel_after = {}) {
  asio::io_context context;
  const auto runner = std::make_shared<connect_race>(context.get_executor(), where, delay);
  auto future = asio::co_spawn(context, runner->run(), asio::use_future);
  asio::steady_timer limit(context);
  if (cancel_after) {
    limit.expires_after(*cancel_after);
    limit.async_wait([&](boost::system::error_code) { runner->cancel(); });
  }
  context.run_for(patience);
  REQUIRE(future.wait_for(milliseconds{0}) == std::future_status::ready);
  auto socket = future.get();
  outcome out{.winner = {}, .problem = runner->problem(), .left = runner->left()};
  if (socket)
    out.winner = socket->remote_endpoint();
  return out;
}

struct listener {
  explicit listener(const std::string& address = "127.0.0.1", std::uint16_t port = 0)
      : acceptor(context, at(address, port)) {}
  [[nodiscard]] std::uint16_t port() const { return acceptor.local_endpoint().port(); }
  asio::io_context context;
  tcp::acceptor acceptor;
};

} // namespace

TEST_CASE("the families take turns, beginning with that of the best address") {
  const auto order = [](std::initializer_list<const char*> list) {
    connect_race::endpoints where;
    for (const auto* each : list)
      where.push_back(at(each));
    return texts(connect_race::interleaved(where));
  };
  CHECK(order({}) == std::vector<std::string>{});
  CHECK(order({"::1", "::2", "::3", "10.0.0.1"}) ==
        std::vector<std::string>{"::1", "10.0.0.1", "::2", "::3"});
  CHECK(order({"10.0.0.1", "10.0.0.2", "::1", "10.0.0.3", "::2"}) ==
        std::vector<std::string>{"10.0.0.1", "::1", "10.0.0.2", "::2", "10.0.0.3"});
}

TEST_CASE("an address that swallows every packet costs the delay, not the time limit") {
  const listener good;
  const swallowing_address bad("127.0.21.2", good.port(), swallowing_address::what::packets);
  const swallowing_address worse("127.0.21.3", good.port(), swallowing_address::what::packets);
  const auto result = race(
      {at("127.0.21.2", good.port()), at("127.0.21.3", good.port()), at("127.0.0.1", good.port())},
      milliseconds{50});
  CHECK(result.winner == at("127.0.0.1", good.port()));
  CHECK(texts(result.left) == std::vector<std::string>{"127.0.21.2", "127.0.21.3"});
}

TEST_CASE("a refusal starts the next attempt at once") {
  const listener good;
  const auto result = race({at("127.0.21.2", good.port()), at("127.0.0.1", good.port())}, patience);
  CHECK(result.winner == at("127.0.0.1", good.port()));
  CHECK(result.left.empty());
}

TEST_CASE("a slow first address still wins while the others do worse") {
  // The race does not give up the first for the second: only a connection that stands ends it.
  const listener good;
  const swallowing_address bad("127.0.21.2", good.port(), swallowing_address::what::packets);
  const auto result =
      race({at("127.0.0.1", good.port()), at("127.0.21.2", good.port())}, milliseconds{0});
  CHECK(result.winner == at("127.0.0.1", good.port()));
}

TEST_CASE("when all fail, the first failure is the reason") {
  const prism::test::held_port nobody;
  const auto result =
      race({at("127.0.0.1", nobody.number()), at("127.0.0.1", nobody.number())}, milliseconds{1});
  CHECK_FALSE(result.winner);
  CHECK(result.problem == boost::system::errc::connection_refused);
  CHECK(result.left.empty());
  CHECK_FALSE(race({}, milliseconds{1}).winner);
}

TEST_CASE("cancel ends a race in which nobody answers") {
  const listener port;
  const swallowing_address bad("127.0.21.2", port.port(), swallowing_address::what::packets);
  const auto result = race({at("127.0.21.2", port.port())}, milliseconds{1}, milliseconds{20});
  CHECK_FALSE(result.winner);
  CHECK(texts(result.left) == std::vector<std::string>{"127.0.21.2"});
}
