#include "net/connect_race.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace prism::net {

namespace asio = boost::asio;
using boost::system::error_code;

connect_race::endpoints connect_race::interleaved(const endpoints& where) {
  endpoints out = where;
  const bool v6 = !where.empty() && where.front().address().is_v6();
  const auto others = std::stable_partition(
      out.begin(), out.end(), [&](const auto& each) { return each.address().is_v6() == v6; });
  const endpoints first(out.begin(), others);
  const endpoints second(others, out.end());
  out.clear();
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size())
      out.push_back(first[i]);
    if (i < second.size())
      out.push_back(second[i]);
  }
  return out;
}

connect_race::connect_race(const tcp::socket::executor_type& executor, const endpoints& where,
                           std::chrono::milliseconds delay)
    : delay_(delay), pause_(executor), wake_(executor, asio::steady_timer::time_point::max()) {
  for (const auto& each : interleaved(where))
    attempts_.push_back({.to = each, .socket = tcp::socket(executor)});
}

asio::awaitable<std::optional<connect_race::tcp::socket>> connect_race::run() {
  const auto self = shared_from_this();
  start_next();
  while (!ended_ && (under_way_ > 0 || started_ < attempts_.size()))
    co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
  end();
  if (!winner_)
    co_return std::nullopt;
  co_return std::move(attempts_[*winner_].socket);
}

void connect_race::cancel() {
  end();
}

connect_race::endpoints connect_race::left() const {
  endpoints out;
  for (const auto state : {progress::waits, progress::connects})
    for (const auto& each : attempts_)
      if (each.now == state)
        out.push_back(each.to);
  return out;
}

void connect_race::start_next() {
  if (ended_ || started_ == attempts_.size())
    return;
  const auto number = started_++;
  auto& attempt = attempts_[number];
  attempt.now = progress::connects;
  ++under_way_;
  attempt.socket.async_connect(
      attempt.to,
      [self = shared_from_this(), number](const error_code& ec) { self->finished(number, ec); });
  pause_.expires_after(delay_);
  // A timer whose handler is queued cannot be cancelled, hence the number.
  pause_.async_wait([self = shared_from_this(), number](const error_code& ec) {
    if (!ec && self->started_ == number + 1)
      self->start_next();
  });
}

void connect_race::finished(std::size_t number, const error_code& ec) {
  --under_way_;
  if (ended_)
    return;
  if (!ec) {
    attempts_[number].now = progress::won;
    winner_ = number;
    end();
    return;
  }
  attempts_[number].now = progress::failed;
  if (!problem_)
    problem_ = ec;
  start_next();
  wake_.cancel();
}

void connect_race::end() {
  ended_ = true;
  pause_.cancel();
  wake_.cancel();
  for (std::size_t i = 0; i < attempts_.size(); ++i)
    if (i != winner_) {
      error_code ignored;
      attempts_[i].socket.close(ignored);
    }
}

} // namespace prism::net
