#include "net/maybe_tls_stream.hpp"

namespace prism::net {

void maybe_tls_stream::read_some(const read_buffers& to, io_handler handler) {
  if (tls_)
    tls_->async_read_some(to, std::move(handler));
  else
    socket_.async_read_some(to, std::move(handler));
}

void maybe_tls_stream::write_some(const write_buffers& from, io_handler handler) {
  if (tls_)
    tls_->async_write_some(from, std::move(handler));
  else
    socket_.async_write_some(from, std::move(handler));
}

} // namespace prism::net
