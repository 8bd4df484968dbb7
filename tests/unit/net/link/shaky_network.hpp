#pragma once

#include "net/io_thread.hpp"

#include <array>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <list>
#include <memory>

namespace prism::net::test {

/// Passes connections on to another port of this machine, until told otherwise. Each order has been
/// carried out when its call returns.
class shaky_network {
public:
  explicit shaky_network(std::uint16_t target) : target_(target) {
    acceptor_.open(tcp::v4());
    acceptor_.bind({boost::asio::ip::address_v4::loopback(), 0});
    acceptor_.listen();
    port_ = acceptor_.local_endpoint().port();
    boost::asio::co_spawn(
        thread_.context(), [this] { return accept(); }, boost::asio::detached);
    REQUIRE(thread_.start("a test's network"));
  }
  shaky_network(const shaky_network&) = delete;
  shaky_network& operator=(const shaky_network&) = delete;
  ~shaky_network() {
    boost::asio::post(thread_.context(), [this] {
      acceptor_.close();
      for (const auto& each : connections_)
        each->close();
    });
    thread_.finish();
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] int connections() const noexcept { return count_; }

  /// Ends all connections.
  void cut() {
    order([this] {
      for (const auto& each : connections_)
        each->close();
      connections_.clear();
    });
  }
  /// What is sent on the connections that there are never arrives, and nobody learns of it.
  void swallow() {
    order([this] {
      for (const auto& each : connections_)
        each->swallows = true;
    });
  }

private:
  using tcp = boost::asio::ip::tcp;
  static constexpr auto use_result = boost::asio::as_tuple(boost::asio::use_awaitable);

  struct connection {
    explicit connection(tcp::socket from) : near(std::move(from)), far(near.get_executor()) {}
    void close() {
      boost::system::error_code ignored;
      near.close(ignored);
      far.close(ignored);
    }
    tcp::socket near;
    tcp::socket far;
    bool swallows{false};
  };

  template <class Order>
  void order(Order what) {
    boost::asio::post(thread_.context(), boost::asio::use_future(what)).get();
  }

  boost::asio::awaitable<void> accept() {
    while (true) {
      auto [ec, socket] = co_await acceptor_.async_accept(use_result);
      if (ec)
        break;
      ++count_;
      const auto made = std::make_shared<connection>(std::move(socket));
      connections_.push_back(made);
      boost::asio::co_spawn(
          thread_.context(), [this, made] { return serve(made); }, boost::asio::detached);
    }
  }

  boost::asio::awaitable<void> serve(std::shared_ptr<connection> which) {
    const tcp::endpoint target(boost::asio::ip::address_v4::loopback(), target_);
    const auto [ec] = co_await which->far.async_connect(target, use_result);
    if (ec) {
      which->close();
      co_return;
    }
    boost::asio::co_spawn(
        thread_.context(), [which] { return pass(which, which->far, which->near); },
        boost::asio::detached);
    co_await pass(which, which->near, which->far);
  }

  static boost::asio::awaitable<void> pass(std::shared_ptr<connection> which, tcp::socket& from,
                                           tcp::socket& to) {
    std::array<char, 16384> buffer{};
    boost::system::error_code ec;
    while (!ec) {
      const auto [read_error, size] =
          co_await from.async_read_some(boost::asio::buffer(buffer), use_result);
      ec = read_error;
      if (which->swallows)
        continue;
      const auto [write_error, written] = co_await boost::asio::async_write(
          to, boost::asio::buffer(buffer.data(), size), use_result);
      if (write_error)
        ec = write_error;
    }
    if (!which->swallows)
      which->close();
  }

  std::uint16_t target_;
  std::uint16_t port_{0};
  std::atomic<int> count_{0};
  io_thread thread_;
  tcp::acceptor acceptor_{thread_.context()};
  std::list<std::shared_ptr<connection>> connections_;
};

} // namespace prism::net::test
