#pragma once

#include "certificates.hpp"
#include "eventually.hpp"
#include "net/http/http_client.hpp"
#include "net/io_thread.hpp"
#include "tests/support/dns_server.hpp"
#include "tests/support/web_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <catch2/catch.hpp>
#include <future>

namespace prism::net::test {

using prism::test::dns_server;
using prism::test::web_server;

/// How long the name server of a test may take on a busy machine.
inline dns_options patient_dns() {
  return {.timeout = patience, .attempt_timeout = std::chrono::milliseconds{5'000}};
}

/// The same for a test in which it does not answer: all attempts together take some two seconds.
inline dns_options hurried_dns() {
  return {.timeout = std::chrono::milliseconds{3'000},
          .attempt_timeout = std::chrono::milliseconds{300}};
}

/// An `http_client` on its own thread that uses a name server of the test.
class fetching {
public:
  explicit fetching(http_client_options options = {}, const std::string& ca_file = "",
                    dns_options asking = patient_dns()) {
    auto tls = make_client_tls(ca_file);
    REQUIRE(tls);
    asking.servers = names.address();
    auto made = dns_resolver::make(thread_.context(), asking);
    REQUIRE(made);
    dns = std::move(*made);
    client =
        std::make_unique<http_client>(thread_.context(), *dns, std::move(*tls), std::move(options));
    REQUIRE(thread_.start("the test"));
  }
  fetching(const fetching&) = delete;
  fetching& operator=(const fetching&) = delete;
  ~fetching() {
    stop();
    thread_.finish();
  }

  void stop() {
    boost::asio::post(thread_.context(), [this] {
      client->stop();
      dns->cancel();
    });
  }

  template <class Future>
  static auto finish(Future future) {
    if (future.wait_for(patience) != std::future_status::ready)
      FAIL("no end of it");
    return future.get();
  }

  std::future<expected<http_answer>> start(http_fetch what) {
    return boost::asio::co_spawn(thread_.context(), client->get(std::move(what)),
                                 boost::asio::use_future);
  }
  expected<http_answer> fetch(http_fetch what) { return finish(start(std::move(what))); }
  expected<http_answer> get(const std::string& url) { return fetch({.url = url}); }

  template <class T>
  expected<T> ask(boost::asio::awaitable<expected<T>> question) {
    return finish(
        boost::asio::co_spawn(thread_.context(), std::move(question), boost::asio::use_future));
  }

  /// Reads a property of the client on its own thread.
  template <class Function>
  auto inside(Function function) {
    return boost::asio::post(thread_.context(), boost::asio::use_future(
                                                    [this, function] { return function(*client); }))
        .get();
  }

private:
  io_thread thread_; // outlives all that works on it

public:
  dns_server names;
  std::unique_ptr<dns_resolver> dns;
  std::unique_ptr<http_client> client;
};

/// Options that allow this machine's own address, where the tests' servers are.
inline http_client_options local_options(std::chrono::milliseconds timeout = patience) {
  http_client_options options;
  options.allow_private = true;
  options.timeout = timeout;
  return options;
}

} // namespace prism::net::test
