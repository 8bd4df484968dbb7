#include "session.hpp"
#include "net/use_result.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace prism::proxy {

namespace asio = boost::asio;
using boost::system::error_code;
using net::use_result;

// No co_await inside a larger expression below: g++ 12 miscompiles some of those.

session::session(asio::ip::tcp::socket client, endpoint server, proxy_state& state)
    : state_(state), client_(std::move(client)), server_(client_.get_executor()),
      address_(std::move(server)), timer_(client_.get_executor()) {
  ++state_.count.connections;
  ++state_.count.open;
  state_.sessions.insert(this);
}

session::~session() {
  --state_.count.open;
  state_.sessions.erase(this);
}

asio::awaitable<void> session::run() {
  // In black-hole mode no connection to the server is made.
  gap_ = state_.now == mode::black_hole;
  if (!gap_) {
    auto [ec] = co_await server_.async_connect(address_, use_result);
    if (ec) {
      ++state_.count.unreachable;
      state_.say("the server cannot be reached: " + ec.message());
      cut();
      co_return;
    }
    asio::co_spawn(
        client_.get_executor(), [self = shared_from_this()] { return self->from_server(); },
        asio::detached);
  }
  co_await from_client();
  // Forwards what the server still sends while the client is connected.
  error_code ignored;
  if (server_.is_open())
    server_.shutdown(asio::socket_base::shutdown_send, ignored);
  else
    cut();
}

void session::cut() {
  if (!open_)
    return;
  open_ = false;
  error_code ignored;
  client_.set_option(asio::socket_base::linger(true, 0), ignored);
  client_.close(ignored);
  server_.close(ignored);
  timer_.cancel();
}

bool session::swallowed() {
  if (state_.now != mode::black_hole && !gap_)
    return false;
  gap_ = true;
  ++state_.count.swallowed;
  return true;
}

asio::awaitable<void> session::from_client() {
  auto input = std::make_unique<chunk>();
  while (open_) {
    auto [ec, n] = co_await client_.async_read_some(asio::buffer(*input), use_result);
    if (ec || !open_)
      co_return;
    if (state_.delay.count() > 0) {
      ++state_.count.delayed;
      co_await wait(proxy_state::clock::now() + state_.delay);
      if (!open_)
        co_return;
    }
    if (swallowed())
      continue;
    requests_.append({input->data(), n});
    for (;;) {
      const auto message = requests_.next();
      if (!message) {
        state_.say(message.error().message);
        cut();
        co_return;
      }
      if (!*message)
        break;
      const bool taken = co_await take_request(**message);
      if (!taken)
        co_return;
    }
    const auto bytes = std::exchange(to_server_, {});
    const bool passed = co_await pass_on(server_, bytes);
    if (!passed)
      co_return;
  }
}

// False at the end of the connection.
asio::awaitable<bool> session::take_request(const pg_message& message) {
  if (asks_for_encryption(message)) {
    const std::string no = "N";
    const bool answered = co_await pass_on(client_, no);
    co_return answered;
  }
  if (spotter_.is_commit(message)) {
    const bool passes = co_await commit_passes();
    if (!passes)
      co_return false;
  }
  to_server_.append(message.whole);
  co_return open_;
}

asio::awaitable<bool> session::commit_passes() {
  if (state_.cuts_before > 0) {
    --state_.cuts_before;
    ++state_.count.cut_before_commit;
    cut();
    co_return false;
  }
  if (state_.commit_interval.count() > 0) {
    ++state_.count.slowed;
    const auto turn = std::max(proxy_state::clock::now(), state_.next_commit);
    state_.next_commit = turn + state_.commit_interval;
    co_await wait(turn);
  }
  if (state_.cuts_after > 0) {
    --state_.cuts_after;
    cut_at_answer_ = true;
  }
  ++state_.count.commits;
  co_return open_;
}

asio::awaitable<void> session::from_server() {
  auto input = std::make_unique<chunk>();
  while (open_) {
    auto [ec, n] = co_await server_.async_read_some(asio::buffer(*input), use_result);
    if (!open_)
      co_return;
    if (ec)
      break;
    if (swallowed())
      continue;
    answers_.append({input->data(), n});
    std::string to_client;
    for (;;) {
      const auto message = answers_.next();
      if (!message) {
        state_.say(message.error().message);
        cut();
        co_return;
      }
      if (!*message)
        break;
      if (!answer_passes(**message)) {
        ++state_.count.cut_after_commit;
        cut();
        co_return;
      }
      to_client.append((*message)->whole);
    }
    const bool passed = co_await pass_on(client_, to_client);
    if (!passed)
      co_return;
  }
  if (state_.now == mode::black_hole)
    co_return;
  // A graceful close, so that the client can read what was sent before.
  open_ = false;
  error_code ignored;
  server_.close(ignored);
  client_.shutdown(asio::socket_base::shutdown_both, ignored);
  client_.close(ignored);
}

bool session::answer_passes(const pg_message& message) {
  if (!cut_at_answer_)
    return true;
  if (message.type == 'C' && message.body.starts_with("COMMIT"))
    return false;
  // The transaction was not committed: the fault applies to another one.
  if (message.type == 'E' || (message.type == 'C' && message.body.starts_with("ROLLBACK"))) {
    cut_at_answer_ = false;
    ++state_.cuts_after;
  }
  return true;
}

asio::awaitable<void> session::wait(proxy_state::clock::time_point until) {
  timer_.expires_at(until);
  co_await timer_.async_wait(use_result);
}

asio::awaitable<bool> session::pass_on(auto& socket, const std::string& bytes) {
  if (bytes.empty())
    co_return open_;
  auto [ec, n] = co_await asio::async_write(socket, asio::buffer(bytes), use_result);
  if (ec)
    cut();
  co_return !ec && open_;
}

} // namespace prism::proxy
