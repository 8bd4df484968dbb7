#pragma once

#include "net/http/dns_resolver.hpp"

#include <ares.h>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>

namespace prism::net {

/// A c-ares channel whose sockets and timeouts are watched by an Asio context. Internal to net/.
class dns_resolver::channel {
public:
  channel(boost::asio::io_context& context, const dns_options& options);
  channel(const channel&) = delete;
  channel& operator=(const channel&) = delete;
  ~channel();

  [[nodiscard]] expected<void> open();

  [[nodiscard]] ares_channel handle() noexcept { return handle_; }
  [[nodiscard]] boost::asio::io_context& context() noexcept { return context_; }
  [[nodiscard]] const dns_options& options() const noexcept { return options_; }

  /// Resets the timer; call after each query.
  void rearm();

private:
  /// One socket of c-ares.
  struct watch {
    explicit watch(boost::asio::io_context& context, ares_socket_t socket)
        : descriptor(context, socket) {}
    boost::asio::posix::stream_descriptor descriptor; // released, never closed: c-ares owns it
    bool wants_read{false};
    bool wants_write{false};
    bool reading{false};
    bool writing{false};
    bool gone{false};
  };

  static void socket_changed(void* self, ares_socket_t socket, int readable, int writable) noexcept;
  void wait(ares_socket_t socket, const std::shared_ptr<watch>& which);

  boost::asio::io_context& context_;
  dns_options options_;
  boost::asio::steady_timer timer_;
  std::map<ares_socket_t, std::shared_ptr<watch>> watches_;
  ares_channel handle_{nullptr};
};

} // namespace prism::net
