#pragma once

#include "core/clock.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>

namespace prism::net {

/// Waits for a socket of another library on the thread of an Asio context, which does its other
/// work meanwhile. One wait at a time: that work must not wait in this way itself. Internal to
/// net/: includes Asio.
class socket_wait {
public:
  explicit socket_wait(boost::asio::io_context& context)
      : context_(context), descriptor_(context) {}
  socket_wait(const socket_wait&) = delete;
  socket_wait& operator=(const socket_wait&) = delete;
  ~socket_wait() { forget(); }

  /// Waits for one of the `events` of poll(), POLLIN and POLLOUT, until `until`, or until a piece
  /// of other work has made `stops` true. Call it from a handler of the context; what that handler
  /// has posted before runs only after it returns.
  /// @returns whether one of them, or an error of the socket, is there
  template <class Stops>
  [[nodiscard]] bool wait(int socket, short events, time_point until, Stops stops) {
    const auto seen = watch(socket, events);
    while (!*seen && !stops() && steady_clock::now() < until)
      if (context_.run_one_until(until) == 0 && context_.stopped())
        break;
    unwatch();
    return *seen;
  }

  /// Forgets the socket that was waited for last. Its owner may close it before or after.
  void forget() noexcept;

private:
  /// @returns becomes true with the first of the events
  [[nodiscard]] std::shared_ptr<const bool> watch(int socket, short events);
  void unwatch();

  boost::asio::io_context& context_;
  boost::asio::posix::stream_descriptor descriptor_;
};

} // namespace prism::net
