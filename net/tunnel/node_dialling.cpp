#include "net/tunnel/node_dialling.hpp"

#include "net/tls_peer.hpp"
#include "net/tunnel/hello_io.hpp"
#include "net/use_result.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>
#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <utility>

namespace prism::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

bool is_tls(const error_code& ec, int reason) {
  return ec.category() == asio::error::get_ssl_category() &&
         ERR_GET_REASON(static_cast<unsigned long>(ec.value())) == reason;
}

// What the alert of a node says about our certificate; "" if `ec` is no such alert. The node checks
// our certificate after its handshake is done for us, so the alert comes instead of the hello.
std::string complaint(const error_code& ec, const std::string& file) {
  if (is_tls(ec, SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED))
    return "it wants a certificate";
  if (is_tls(ec, SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED))
    return "it has expired";
  if (is_tls(ec, SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED))
    return "it is revoked";
  if (is_tls(ec, SSL_R_TLSV1_ALERT_UNKNOWN_CA))
    return "it is of another authority";
  if (!is_tls(ec, SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE) &&
      !is_tls(ec, SSL_R_SSLV3_ALERT_BAD_CERTIFICATE) &&
      !is_tls(ec, SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN) &&
      !is_tls(ec, SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE) &&
      !is_tls(ec, SSL_R_TLSV1_ALERT_DECRYPT_ERROR))
    return {};
  const auto own = identify_file(file);
  if (!own)
    return own.error().message;
  return own->valid_from > std::chrono::system_clock::now() ? "it is not valid yet"
                                                            : "its log says why";
}

} // namespace

node_dialling::node_dialling(const tcp::socket::executor_type& executor, dial_target target,
                             tls_context tls)
    : target_(std::move(target)), tls_(std::move(tls)), executor_(executor), resolver_(executor),
      deadline_(executor) {}

asio::awaitable<expected<void>> node_dialling::run() {
  const auto self = shared_from_this();
  start_deadline();
  const auto connected = co_await connect();
  if (!connected)
    co_return connected;
  co_return co_await handshake();
}

asio::awaitable<expected<connect_race::endpoints>> node_dialling::resolve() {
  // Without the resolver, which takes one name after the other and may be held up.
  error_code not_numeric;
  const auto address = asio::ip::make_address(target_.host, not_numeric);
  if (!not_numeric)
    co_return connect_race::endpoints{{address, target_.port}};
  const auto [problem, found] =
      co_await resolver_.async_resolve(target_.host, std::to_string(target_.port),
                                       asio::ip::resolver_base::numeric_service, use_result);
  if (problem && !late_ && !cancelled_)
    co_return fail(errc::io, "cannot resolve '{}': {}", target_.host, problem.message());
  connect_race::endpoints all;
  for (const auto& entry : found)
    all.push_back(entry.endpoint());
  co_return all;
}

asio::awaitable<expected<void>> node_dialling::connect() {
  const auto where_to = co_await resolve();
  if (cancelled_)
    co_return cancelled();
  if (late_)
    co_return timed_out();
  if (!where_to)
    co_return tl::unexpected(where_to.error());
  stage_ = "connecting";
  race_ = std::make_shared<connect_race>(executor_, *where_to);
  auto socket = co_await race_->run();
  if (cancelled_)
    co_return cancelled();
  if (late_)
    co_return timed_out();
  if (!socket)
    co_return fail(errc::io, "cannot connect to {}: {}", where(), race_->problem().message());
  error_code ignored;
  socket->set_option(tcp::no_delay(true), ignored);
  socket->set_option(asio::socket_base::keep_alive(true), ignored);
  stream_ = std::make_unique<tunnel_stream>(std::move(*socket), *tls_);
  co_return expected<void>{};
}

asio::awaitable<expected<void>> node_dialling::handshake() {
  stage_ = "in the TLS handshake";
  if (!expect_peer(stream_->native_handle(), expected_name()))
    co_return fail(errc::invalid, "'{}' cannot be the name of a node", expected_name());
  stream_->set_verify_callback([this](bool preverified, asio::ssl::verify_context& context) {
    return verifier_.check(preverified, context.native_handle());
  });
  const auto [ec] = co_await stream_->async_handshake(tunnel_stream::client, use_result);
  if (cancelled_)
    co_return cancelled();
  if (late_)
    co_return timed_out();
  if (ec)
    co_return tl::unexpected(handshake_error(ec));
  co_return expected<void>{};
}

asio::awaitable<expected<std::vector<std::byte>>>
node_dialling::exchange(std::vector<std::byte> hello, std::string_view magic) {
  const auto self = shared_from_this();
  stage_ = "waiting for the node's hello";
  // If the node closes meanwhile, reading says why.
  co_await asio::async_write(*stream_, asio::buffer(hello), use_result);
  auto body = co_await read_hello(*stream_, magic);
  if (cancelled_)
    co_return cancelled();
  if (late_)
    co_return timed_out();
  if (!body && body.error().malformed.empty())
    co_return tl::unexpected(lost(body.error().connection));
  if (!body)
    co_return not_a_node(body.error().malformed);
  co_return std::move(*body);
}

std::unique_ptr<tunnel_stream> node_dialling::take() {
  deadline_.cancel();
  if (late_ || cancelled_)
    return nullptr;
  // The verifier ends with this object; nothing is verified any more.
  stream_->set_verify_callback([](bool, asio::ssl::verify_context&) { return false; });
  return std::move(stream_);
}

void node_dialling::cancel() {
  cancelled_ = true;
  deadline_.cancel();
  close();
}

void node_dialling::start_deadline() {
  deadline_.expires_after(target_.limit);
  deadline_.async_wait([weak = weak_from_this()](const error_code& ec) {
    const auto self = weak.lock();
    if (ec || !self)
      return;
    self->late_ = true;
    self->close();
  });
}

void node_dialling::close() {
  resolver_.cancel();
  if (race_)
    race_->cancel();
  error_code ignored;
  if (stream_)
    stream_->next_layer().close(ignored);
}

std::string node_dialling::where() const {
  const bool v6 = target_.host.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", target_.host, target_.port)
            : fmt::format("{}:{}", target_.host, target_.port);
}

const std::string& node_dialling::expected_name() const noexcept {
  return target_.expected_name.empty() ? target_.host : target_.expected_name;
}

tl::unexpected<error> node_dialling::timed_out() const {
  return fail(errc::timeout, "no {} to {} within {} ms: it ended {}", target_.what, where(),
              target_.limit.count(), stage_);
}

tl::unexpected<error> node_dialling::cancelled() {
  return fail(errc::cancelled, "the attempt was cancelled");
}

tl::unexpected<error> node_dialling::not_a_node(std::string_view why) const {
  return fail(errc::invalid, "{} is not the {} of a node: {}", where(), target_.what, why);
}

error node_dialling::handshake_error(const error_code& ec) const {
  const long verified = SSL_get_verify_result(stream_->native_handle());
  if (verified == X509_V_OK)
    return {errc::io,
            fmt::format("{} does not take part in the TLS handshake: {}", where(), ec.message())};
  std::string why = X509_verify_cert_error_string(verified);
  if (verified == X509_V_ERR_APPLICATION_VERIFICATION)
    why = verifier_.problem();
  else if (refusal_of(verified) == tunnel_refusal::unknown_ca)
    why = fmt::format("it is not of the authority '{}'", target_.ca_file);
  else if (verified == X509_V_ERR_HOSTNAME_MISMATCH || verified == X509_V_ERR_IP_ADDRESS_MISMATCH)
    why = fmt::format("it does not carry the name '{}'", expected_name());
  return {errc::invalid,
          fmt::format("the certificate '{}' of the node at {} cannot be accepted: {}",
                      verifier_.name(), where(), why)};
}

error node_dialling::lost(const error_code& ec) const {
  if (const auto why = complaint(ec, target_.certificate_file); !why.empty())
    return {errc::invalid, fmt::format("the node at {} refused our certificate '{}': {}", where(),
                                       target_.certificate_file, why)};
  return {errc::io, fmt::format("the node at {} closed the connection before its hello: {}",
                                where(), ec.message())};
}

} // namespace prism::net
