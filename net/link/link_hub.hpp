#pragma once

#include "core/backoff.hpp"
#include "core/rate_limited.hpp"
#include "net/certificate_reload.hpp"
#include "net/io_thread.hpp"
#include "net/link/link_account.hpp"
#include "net/link/link_arrival.hpp"
#include "net/link/link_session.hpp"
#include "net/link/links.hpp"
#include "net/tunnel/handshake_places.hpp"
#include "net/tunnel/node_dialling.hpp"

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>

namespace prism::net {

/// What `links` is made of. Internal to net/: includes Asio.
class link_hub {
public:
  link_hub(links_options options, link_callbacks callbacks);
  link_hub(const link_hub&) = delete;
  link_hub& operator=(const link_hub&) = delete;
  // NOLINTNEXTLINE(bugprone-exception-escape): without memory the process ends
  ~link_hub() { stop(); }

  [[nodiscard]] expected<void> start();
  void stop();

  // As of `links`; any thread.
  void set_peers(std::vector<link_peer> peers);
  [[nodiscard]] bool send(const std::string& peer, const link_message& message);
  [[nodiscard]] bool connected(const std::string& peer) const;
  [[nodiscard]] std::vector<link_stats> stats() const;
  [[nodiscard]] links_totals totals() const;
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

private:
  using tcp = boost::asio::ip::tcp;
  using number = std::uint64_t;

  // A peer, on the links' thread.
  struct entry {
    entry(boost::asio::io_context& context, link_peer who)
        : peer(std::move(who)), account(std::make_shared<link_account>(peer)), retry(context) {}

    link_peer peer;
    std::shared_ptr<link_account> account;
    std::shared_ptr<link_session> session; // the open link
    std::shared_ptr<node_dialling> dialling;
    boost::asio::steady_timer retry;
    backoff delays{
        {.min = std::chrono::milliseconds{100}, .max = std::chrono::milliseconds{2'000}}};
    bool gone{false}; // the peer is to be linked with no longer
  };
  using entry_ptr = std::shared_ptr<entry>;

  struct attempt_failure {
    link_end why;
    std::string text;
  };

  struct counters {
    std::atomic<std::uint64_t> opened{0}, connections{0}, handshaking{0};
    std::array<std::atomic<std::uint64_t>, link_end_count> ended{}, refused{};
  };

  void take_peers(const std::vector<link_peer>& peers);
  void add(const link_peer& peer);
  void remove(const entry_ptr& which, link_end why, const std::string& text);

  boost::asio::awaitable<void> keep(entry_ptr which);
  boost::asio::awaitable<tl::expected<link_connection, attempt_failure>> dial(entry_ptr which);
  [[nodiscard]] std::optional<attempt_failure> objection(const link_answer& answer,
                                                         const link_peer& peer) const;

  void begin(tcp::socket socket);
  boost::asio::awaitable<void> receive(std::shared_ptr<link_arrival> arrival, number connection);
  [[nodiscard]] link_answer answer_to(const link_hello& hello, X509* certificate) const;
  [[nodiscard]] std::optional<attempt_failure> objection(const link_hello& hello,
                                                         X509* certificate) const;

  std::shared_ptr<link_session> open(const entry_ptr& which, link_connection connection);
  void closed(const entry_ptr& which, const link_outbox& outbox, link_end why,
              const std::string& text);
  void end_later(const std::string& peer, std::shared_ptr<link_outbox> outbox, link_end why,
                 std::string text);

  boost::asio::awaitable<void> check();
  [[nodiscard]] expected<void> load_tls();

  void note_failure(const entry& which, const attempt_failure& failure);
  void note_refusal(link_end why, const std::string& who, const std::string& text);

  [[nodiscard]] std::shared_ptr<link_account> account_of(const std::string& peer) const;
  [[nodiscard]] version_range versions() const noexcept {
    return {.min = options_.version_min, .max = options_.version_max};
  }

  links_options options_;
  link_callbacks callbacks_;
  counters counters_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<link_account>> accounts_; // under the mutex

  // On the links' thread only.
  tls_context server_tls_;
  tls_context client_tls_;
  handshake_places<boost::asio::ip::address> places_;
  certificate_reload certificate_;
  std::mt19937 random_{std::random_device{}()};
  rate_limited<std::string> lines_;
  io_thread thread_;
  tcp::acceptor acceptor_;
  boost::asio::steady_timer check_timer_;
  std::map<std::string, entry_ptr> entries_;
  std::map<number, std::shared_ptr<link_arrival>> arrivals_;
  std::uint16_t port_{0};
  bool stopping_{false};
};

} // namespace prism::net
