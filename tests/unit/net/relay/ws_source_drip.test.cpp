// A peer that sends a message in ever so small parts, with signs of life between them.

#include "tests/unit/net/support/client.hpp"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <thread>

using namespace prism::net;
using namespace prism::net::test;
using std::chrono::milliseconds;

namespace {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;

/// Sends a whole message to each client, then one byte of the next at a time, each as a frame of
/// its own with a ping behind it. Blocking, on a thread of its own.
class dripping_relay {
public:
  dripping_relay() : acceptor_(io_, {asio::ip::make_address("127.0.0.1"), 0}) {
    thread_ = std::thread([this] {
      while (!stopping_)
        serve();
    });
  }
  ~dripping_relay() {
    stopping_ = true;
    boost::system::error_code ignored;
    asio::ip::tcp::socket wake(io_);
    wake.connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
  }
  dripping_relay(const dripping_relay&) = delete;
  dripping_relay& operator=(const dripping_relay&) = delete;

  [[nodiscard]] std::string url() const {
    return fmt::format("ws://127.0.0.1:{}", acceptor_.local_endpoint().port());
  }

private:
  void serve() {
    boost::system::error_code ec;
    asio::ip::tcp::socket socket(io_);
    acceptor_.accept(socket, ec);
    if (ec || stopping_)
      return;
    websocket::stream<asio::ip::tcp::socket> ws(std::move(socket));
    ws.accept(ec);
    ws.binary(true);
    const auto whole = std::string(5'000, 'x');
    if (!ec)
      ws.write(asio::buffer(whole), ec);
    while (!ec && !stopping_) {
      ws.write_some(false, asio::buffer("x", 1), ec);
      if (!ec)
        ws.ping({}, ec);
      std::this_thread::sleep_for(milliseconds{20});
    }
  }

  asio::io_context io_;
  asio::ip::tcp::acceptor acceptor_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

} // namespace

TEST_CASE("a message that drips in is cut by the idle timeout") {
  dripping_relay relay;
  auto options = quick_options(relay.url());
  options.ping_interval = milliseconds{100};
  options.idle_timeout = milliseconds{400};
  const client consumer(options);
  REQUIRE(consumer.wait_for_end(disconnect_reason::idle, 2)); // again on the next connection
  CHECK(consumer.text_of(disconnect_reason::idle) == "a message was not complete after 400 ms");
  CHECK(consumer.count() >= 2); // the whole message of each
}

TEST_CASE("a connection whose numbers are out of order is ended and opened again") {
  dripping_relay relay;
  const client consumer(quick_options(relay.url()));
  REQUIRE(consumer.wait_for_count(1));
  consumer.source->reconnect("why not");
  REQUIRE(consumer.wait_for_end(disconnect_reason::out_of_order));
  CHECK(consumer.text_of(disconnect_reason::out_of_order) == "why not");
  CHECK(consumer.wait_for_count(2));
}
