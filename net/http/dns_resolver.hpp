#pragma once

#include "core/error.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace prism::net {

/// Settings of a `dns_resolver`.
struct dns_options {
  /// Name servers as ADDRESS or ADDRESS:PORT, separated by commas; empty: those of the system.
  std::string servers{};
  /// Longest wait for an answer, all attempts together.
  std::chrono::milliseconds timeout{4'000};
  /// Longest wait for the first attempt; later ones wait longer.
  std::chrono::milliseconds attempt_timeout{1'000};
};

/// Resolves names without blocking: c-ares on an Asio context. A slow name server delays only the
/// queries for its own names, which the system's resolver does not guarantee. Runs on the thread of
/// the context. Internal to net/.
class dns_resolver {
public:
  /// Error: `errc::invalid` if `servers` is not a list of addresses; `errc::io` if c-ares cannot
  /// start.
  [[nodiscard]] static expected<std::unique_ptr<dns_resolver>>
  make(boost::asio::io_context& context, const dns_options& options);

  dns_resolver(const dns_resolver&) = delete;
  dns_resolver& operator=(const dns_resolver&) = delete;
  ~dns_resolver();

  // Errors of both: `errc::not_found` if the name or a record of that type does not exist;
  // `errc::timeout`; `errc::io` for a name server that fails or refuses; `errc::cancelled`.

  /// The TXT records of `name`; the strings of each record are joined.
  [[nodiscard]] boost::asio::awaitable<expected<std::vector<std::string>>> txt(std::string name);

  /// The IPv4 and IPv6 addresses of `host`, which may be an address itself; best first.
  [[nodiscard]] boost::asio::awaitable<expected<std::vector<boost::asio::ip::address>>>
  addresses(std::string host);

  /// The executor of its context.
  [[nodiscard]] boost::asio::io_context::executor_type executor();

  /// Ends all queries in flight with `errc::cancelled`.
  void cancel();

private:
  class channel;
  explicit dns_resolver(std::unique_ptr<channel> made);
  std::unique_ptr<channel> channel_;
};

} // namespace prism::net
