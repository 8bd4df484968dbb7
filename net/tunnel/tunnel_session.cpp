#include "net/tunnel/tunnel_session.hpp"

#include "core/printable.hpp"
#include "log/log.hpp"
#include "net/tunnel/accepted.hpp"
#include "net/tunnel/token.hpp"
#include "net/use_result.hpp"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace prism::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

tunnel_session::tunnel_session(tcp::socket socket, tunnel_state& state, std::function<void()> over)
    : state_(state), over_(std::move(over)), tls_(state.tls), stream_(std::move(socket), *tls_),
      backend_(stream_.get_executor()), deadline_(stream_.get_executor()),
      address_(peer_address(stream_.next_layer())) {}

asio::awaitable<void> tunnel_session::run() {
  const auto self = shared_from_this();
  start_deadline();
  error_code ignored;
  stream_.next_layer().set_option(tcp::no_delay(true), ignored);
  stream_.next_layer().set_option(asio::socket_base::keep_alive(true), ignored);
  co_await serve();
  close();
}

// g++ 12 makes wrong code of `if (co_await …)` before a block, hence the variables.
asio::awaitable<void> tunnel_session::serve() {
  const bool proven = co_await handshake_tls();
  if (!proven)
    co_return;
  const auto hello = co_await receive_hello();
  if (!hello)
    co_return;
  const bool connected = co_await connect_backend();
  if (!connected)
    co_return;
  co_await admit(*hello, common_version(hello->versions, tunnel_versions).value_or(0));
}

void tunnel_session::cut(tunnel_refusal reason) {
  note_refusal(reason,
               reason == tunnel_refusal::too_slow
                   ? fmt::format("no hello within {} ms", state_.options.handshake_limit.count())
                   : "a newer connection needed its place");
  close();
}

void tunnel_session::stop() {
  stage_ = stage_ == stage::handshake ? stage::refused : stage_;
  close();
}

void tunnel_session::check_certificate() {
  if (stage_ != stage::open)
    return;
  SSL* const tls = stream_.native_handle();
  const auto reason =
      refusal_now(*state_.tls, SSL_get0_peer_certificate(tls), SSL_get_peer_cert_chain(tls));
  if (!reason)
    return;
  log::tunnel().warn("tunnel: '{}' from {} is cut: its certificate {} is no longer valid ({})",
                     admitted_.name, address_, admitted_.serial, to_string(*reason));
  ++state_.cut;
  close();
}

asio::awaitable<bool> tunnel_session::handshake_tls() {
  stream_.set_verify_callback([this](bool preverified, asio::ssl::verify_context& context) {
    return verifier_.check(preverified, context.native_handle());
  });
  const auto [ec] = co_await stream_.async_handshake(tunnel_stream::server, use_result);
  if (!ec && stage_ == stage::handshake)
    co_return true;
  const auto [reason, why] = explain_failure(stream_.native_handle(), ec, verifier_);
  note_refusal(reason, why);
  co_await linger(stream_.next_layer());
  co_return false;
}

asio::awaitable<std::optional<client_hello>> tunnel_session::receive_hello() {
  const auto body = co_await read_hello(stream_);
  if (!body) {
    if (body.error().malformed.empty())
      note_refusal(tunnel_refusal::disconnected, "it left before its hello");
    else
      co_await refuse(tunnel_refusal::bad_hello, body.error().malformed);
    co_return std::nullopt;
  }
  auto hello = parse_client_hello(*body);
  if (!hello)
    co_await refuse(tunnel_refusal::bad_hello, hello.error().message);
  else if (!common_version(hello->versions, tunnel_versions))
    co_await refuse(tunnel_refusal::wrong_version,
                    fmt::format("the client speaks version {} of the tunnel, the node {}",
                                to_string(hello->versions), to_string(tunnel_versions)));
  else if (hello->cluster != state_.options.cluster)
    co_await refuse(tunnel_refusal::wrong_cluster,
                    fmt::format("the client wants cluster '{}', this node belongs to '{}'",
                                printable(hello->cluster), state_.options.cluster));
  else
    co_return *hello;
  co_return std::nullopt;
}

asio::awaitable<bool> tunnel_session::connect_backend() {
  const auto port = state_.callbacks.backend_port();
  if (port == 0) {
    co_await refuse(tunnel_refusal::not_ready, "the node is not ready for operators yet");
    co_return false;
  }
  const tcp::endpoint backend(asio::ip::address_v4::loopback(), port);
  const auto [ec] = co_await backend_.async_connect(backend, use_result);
  if (ec)
    co_await refuse(
        tunnel_refusal::not_ready,
        fmt::format("the node does not answer on its inner port {}: {}", port, ec.message()));
  co_return !ec;
}

asio::awaitable<void> tunnel_session::admit(const client_hello& hello, std::uint16_t version) {
  const auto identity = identify(SSL_get0_peer_certificate(stream_.native_handle()));
  const auto token = make_token();
  if (!identity || !token) {
    co_await refuse(tunnel_refusal::bad_role,
                    identity ? token.error().message : identity.error().message);
    co_return;
  }
  if (auto full = state_.no_room(identity->name); !full.empty()) {
    co_await refuse(tunnel_refusal::too_many, std::move(full));
    co_return;
  }
  if (stage_ != stage::handshake)
    co_return;
  stage_ = stage::open;
  admitted_ = {.name = identity->name,
               .role = identity->role,
               .serial = identity->serial,
               .address = address_,
               .sender = printable(hello.sender)};
  ++state_.admitted;
  over_();
  state_.log_admitted(admitted_);
  state_.callbacks.admitted(admitted_, *token);
  error_code ignored;
  backend_.set_option(tcp::no_delay(true), ignored);
  const auto answer = write(server_hello{.versions = tunnel_versions,
                                         .version = version,
                                         .cluster = state_.options.cluster,
                                         .node_name = state_.options.node_name,
                                         .node_id = state_.options.node_id,
                                         .role = identity->role,
                                         .token = *token});
  const auto [ec, size] = co_await asio::async_write(stream_, asio::buffer(answer), use_result);
  deadline_.cancel();
  if (!ec && backend_.is_open()) {
    auto rules = state_.options.messages;
    if (rules && identity->role == certificate_role::node)
      rules->contents.clear(); // nodes say more to each other
    pump_ = std::make_shared<byte_pump>(
        stream_, backend_, state_.bytes,
        pump_limits{.idle = state_.options.idle_limit, .messages = std::move(rules)});
    const auto end = co_await pump_->run();
    if (end == pump_end::bad_message) {
      ++state_.bad_messages;
      state_.log_bad_message(admitted_, pump_->problem());
    }
    if (end == pump_end::idle) {
      ++state_.idle;
      log::tunnel().info("tunnel: '{}' from {} is cut: nothing passed for {} s", admitted_.name,
                         address_, state_.options.idle_limit.count() / 1000);
    }
  }
  state_.callbacks.left(*token);
}

asio::awaitable<void> tunnel_session::refuse(tunnel_refusal reason, std::string why) {
  if (stage_ != stage::handshake)
    co_return;
  note_refusal(reason, why);
  const auto answer = write(server_hello{.versions = tunnel_versions, .refusal = std::move(why)});
  const auto [ec, size] = co_await asio::async_write(stream_, asio::buffer(answer), use_result);
  if (!ec)
    co_await linger(stream_.next_layer());
}

void tunnel_session::note_refusal(tunnel_refusal reason, std::string_view why) {
  if (stage_ != stage::handshake)
    return;
  stage_ = stage::refused;
  state_.refuse(reason, address_, verifier_.name(), why);
}

void tunnel_session::start_deadline() {
  deadline_.expires_after(state_.options.handshake_limit);
  deadline_.async_wait([self = shared_from_this()](const error_code& ec) {
    if (!ec && self->pump_ == nullptr)
      self->cut(tunnel_refusal::too_slow);
  });
}

void tunnel_session::close() {
  over_();
  deadline_.cancel();
  if (pump_)
    pump_->cut();
  error_code ignored;
  stream_.next_layer().close(ignored);
  backend_.close(ignored);
}

} // namespace prism::net
