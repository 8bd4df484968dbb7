#include "net/link/link_arrival.hpp"

#include "net/tunnel/accepted.hpp"
#include "net/tunnel/hello_io.hpp"
#include "net/use_result.hpp"

#include <boost/asio/write.hpp>
#include <utility>

namespace prism::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

link_arrival::link_arrival(tcp::socket socket, tls_context tls, version_range versions,
                           std::chrono::milliseconds limit, owner owner)
    : versions_(versions), limit_(limit), owner_(std::move(owner)), tls_(std::move(tls)),
      stream_(std::make_unique<tunnel_stream>(std::move(socket), *tls_)),
      deadline_(stream_->get_executor()), address_(peer_address(stream_->next_layer())) {}

// g++ 12 makes wrong code of `if (co_await …)` before a block, hence the variables.
asio::awaitable<std::optional<arrived_peer>> link_arrival::run() {
  const auto self = shared_from_this();
  start_deadline();
  error_code ignored;
  stream_->next_layer().set_option(tcp::no_delay(true), ignored);
  stream_->next_layer().set_option(asio::socket_base::keep_alive(true), ignored);
  const bool proven = co_await handshake_tls();
  if (!proven)
    co_return std::nullopt;
  const auto hello = co_await receive_hello();
  if (!hello)
    co_return std::nullopt;
  const auto reply = owner_.answer_to(*hello, SSL_get0_peer_certificate(stream_->native_handle()));
  if (!reply.refusal.empty())
    refuse(reply.reason, reply.refusal);
  co_await answer(reply);
  if (std::exchange(over_, true))
    co_return std::nullopt;
  deadline_.cancel();
  // The verifier ends with this object; nothing is verified any more.
  stream_->set_verify_callback([](bool, asio::ssl::verify_context&) { return false; });
  arrived_peer out{.id = hello->from, .connection = {}};
  out.connection = {.tls = tls_, .stream = std::move(stream_), .version = reply.version};
  co_return out;
}

void link_arrival::cut(std::optional<link_end> reason, const std::string& why) {
  if (reason)
    refuse(*reason, why);
  over_ = true;
  deadline_.cancel();
  error_code ignored;
  if (stream_)
    stream_->next_layer().close(ignored);
}

asio::awaitable<bool> link_arrival::handshake_tls() {
  stream_->set_verify_callback([this](bool preverified, asio::ssl::verify_context& context) {
    return verifier_.check(preverified, context.native_handle());
  });
  const auto [ec] = co_await stream_->async_handshake(tunnel_stream::server, use_result);
  if (!ec && !over_)
    co_return true;
  if (ec) {
    const auto [reason, why] = explain_failure(stream_->native_handle(), ec, verifier_);
    refuse(link_end::handshake_failed, fmt::format("{}: {}", to_string(reason), why));
    co_await linger(stream_->next_layer());
  }
  co_return false;
}

asio::awaitable<std::optional<link_hello>> link_arrival::receive_hello() {
  const auto body = co_await read_hello(*stream_, link_magic);
  if (over_)
    co_return std::nullopt;
  if (!body && body.error().malformed.empty()) {
    refuse(link_end::handshake_failed, "it left before its hello");
    co_return std::nullopt;
  }
  auto hello = body ? parse_link_hello(*body, versions_)
                    : expected<link_hello>(fail(errc::invalid, "{}", body.error().malformed));
  if (hello)
    co_return std::move(*hello);
  refuse(link_end::malformed, hello.error().message);
  // g++ 12 destroys temporaries of an awaited call twice, hence the variable.
  const link_answer refusal{.versions = versions_, .refusal = hello.error().message};
  co_await answer(refusal);
  co_return std::nullopt;
}

// Writes the answer; after a refusal, waits until the peer has closed.
asio::awaitable<void> link_arrival::answer(link_answer what) {
  const auto bytes = write(what);
  const auto [ec, size] = co_await asio::async_write(*stream_, asio::buffer(bytes), use_result);
  if (ec)
    refuse(link_end::handshake_failed, "it left before the answer to its hello");
  else if (!what.refusal.empty())
    co_await linger(stream_->next_layer());
}

void link_arrival::refuse(link_end reason, const std::string& why) {
  if (std::exchange(over_, true))
    return;
  owner_.refused(reason,
                 verifier_.name().empty()
                     ? fmt::format("{}, no certificate", address_)
                     : fmt::format("{}, certificate '{}'", address_, verifier_.name()),
                 why);
}

void link_arrival::start_deadline() {
  deadline_.expires_after(limit_);
  deadline_.async_wait([self = shared_from_this()](const error_code& ec) {
    if (!ec && self->stream_)
      self->cut(link_end::handshake_failed,
                fmt::format("no hello within {} ms", self->limit_.count()));
  });
}

} // namespace prism::net
