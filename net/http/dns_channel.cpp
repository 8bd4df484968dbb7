#include "net/http/dns_channel.hpp"

#include <utility>

namespace prism::net {

namespace asio = boost::asio;
using boost::system::error_code;

dns_resolver::channel::channel(asio::io_context& context, const dns_options& options)
    : context_(context), options_(options), timer_(context) {}

dns_resolver::channel::~channel() {
  if (handle_ != nullptr)
    ares_destroy(handle_);
}

expected<void> dns_resolver::channel::open() {
  ares_options settings{};
  // Names are fully qualified, so the search list of this machine must not apply.
  settings.flags = ARES_FLAG_NOSEARCH;
  settings.timeout = static_cast<int>(options_.attempt_timeout.count());
  settings.tries = 3;
  settings.sock_state_cb = &channel::socket_changed;
  settings.sock_state_cb_data = this;
  const int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
  if (const int status = ares_init_options(&handle_, &settings, mask); status != ARES_SUCCESS) {
    handle_ = nullptr;
    return fail(errc::io, "DNS: {}", ares_strerror(status));
  }
  if (!options_.servers.empty())
    if (const int status = ares_set_servers_ports_csv(handle_, options_.servers.c_str());
        status != ARES_SUCCESS)
      return fail(errc::invalid, "DNS servers '{}': {}; expected ADDRESS[:PORT],...",
                  options_.servers, ares_strerror(status));
  return {};
}

void dns_resolver::channel::rearm() {
  timeval next{};
  if (ares_timeout(handle_, nullptr, &next) == nullptr) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(std::chrono::seconds{next.tv_sec} + std::chrono::microseconds{next.tv_usec});
  timer_.async_wait([this](error_code ec) {
    if (ec)
      return;
    ares_process_fd(handle_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    rearm();
  });
}

void dns_resolver::channel::socket_changed(void* self, ares_socket_t socket, int readable,
                                           int writable) noexcept {
  auto& channel = *static_cast<dns_resolver::channel*>(self);
  auto& slot = channel.watches_[socket];
  if (readable == 0 && writable == 0) {
    if (slot) {
      slot->gone = true;
      slot->descriptor.release(); // c-ares is about to close it
    }
    channel.watches_.erase(socket);
    return;
  }
  if (!slot)
    slot = std::make_shared<watch>(channel.context_, socket);
  slot->wants_read = readable != 0;
  slot->wants_write = writable != 0;
  channel.wait(socket, slot);
}

void dns_resolver::channel::wait(ares_socket_t socket, const std::shared_ptr<watch>& which) {
  using descriptor = asio::posix::stream_descriptor;
  if (which->wants_read && !std::exchange(which->reading, true))
    which->descriptor.async_wait(descriptor::wait_read, [this, socket, which](error_code) {
      which->reading = false;
      if (which->gone)
        return;
      ares_process_fd(handle_, socket, ARES_SOCKET_BAD);
      if (!which->gone)
        wait(socket, which);
      rearm();
    });
  if (which->wants_write && !std::exchange(which->writing, true))
    which->descriptor.async_wait(descriptor::wait_write, [this, socket, which](error_code) {
      which->writing = false;
      if (which->gone)
        return;
      ares_process_fd(handle_, ARES_SOCKET_BAD, socket);
      if (!which->gone)
        wait(socket, which);
      rearm();
    });
}

} // namespace prism::net
