#pragma once

#include "core/errno_text.hpp"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace prism::test {

/// An address of this machine that swallows what comes, as a firewall or a dead host behind a load
/// balancer does. Take an address that no other test uses: a client that connects from it may have
/// taken the port.
class swallowing_address {
public:
  enum class what {
    packets, ///< does not even answer SYN: its queue of connections is full
    bytes    ///< accepts connections and says nothing
  };

  swallowing_address(const std::string& ip, std::uint16_t port, what swallowed)
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    const sockaddr_in at = address(ip, port);
    // Connections of a test before this one may still be in TIME_WAIT at this port.
    const int reuse = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
    const int backlog = swallowed == what::packets ? 0 : 64;
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 ||
        ::listen(listener_, backlog) != 0)
      throw std::runtime_error("no address to swallow with: " + ip + ":" + std::to_string(port) +
                               ": " + errno_text());
    while (swallowed == what::packets && connects(at))
      ;
  }
  swallowing_address(const swallowing_address&) = delete;
  swallowing_address& operator=(const swallowing_address&) = delete;
  ~swallowing_address() {
    for (const int each : fillers_)
      ::close(each);
    ::close(listener_);
  }

  /// Whether somebody other than itself has connected; once for each.
  [[nodiscard]] bool was_tried() const {
    const int client = ::accept(listener_, nullptr, nullptr);
    return client >= 0 && ::close(client) == 0;
  }

private:
  static sockaddr_in address(const std::string& ip, std::uint16_t port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(port);
    ::inet_pton(AF_INET, ip.c_str(), &out.sin_addr);
    return out;
  }

  /// Takes a place in the queue of connections; false once it is full.
  bool connects(const sockaddr_in& to) {
    constexpr int soon_ms = 300;
    const int filler = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    fillers_.push_back(filler);
    static_cast<void>(::connect(filler, reinterpret_cast<const sockaddr*>(&to), sizeof to));
    pollfd done{.fd = filler, .events = POLLOUT, .revents = 0};
    return ::poll(&done, 1, soon_ms) == 1;
  }

  int listener_;
  std::vector<int> fillers_;
};

} // namespace prism::test
