#include "net/socket_wait.hpp"

#include <boost/asio/error.hpp>
#include <poll.h>

namespace prism::net {

namespace asio = boost::asio;
using boost::system::error_code;

void socket_wait::forget() noexcept {
  if (descriptor_.is_open())
    static_cast<void>(descriptor_.release());
}

std::shared_ptr<const bool> socket_wait::watch(int socket, short events) {
  const auto seen = std::make_shared<bool>(false);
  if (!descriptor_.is_open() || descriptor_.native_handle() != socket) {
    forget();
    error_code failed;
    descriptor_.assign(socket, failed);
    *seen = failed.failed(); // the owner's next use of the socket reports why
  }
  const auto note = [seen](const error_code& ec) {
    if (ec != asio::error::operation_aborted)
      *seen = true;
  };
  using descriptor = asio::posix::descriptor_base;
  if (!*seen && (events & POLLIN) != 0)
    descriptor_.async_wait(descriptor::wait_read, note);
  if (!*seen && (events & POLLOUT) != 0)
    descriptor_.async_wait(descriptor::wait_write, note);
  return seen;
}

void socket_wait::unwatch() {
  error_code ignored;
  if (descriptor_.is_open())
    descriptor_.cancel(ignored);
}

} // namespace prism::net
