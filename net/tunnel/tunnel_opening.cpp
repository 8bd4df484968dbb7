#include "net/tunnel/tunnel_opening.hpp"

#include "net/tls_peer.hpp"
#include "net/tunnel/hello_io.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <utility>

namespace prism::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr auto use_result = asio::as_tuple(asio::use_awaitable);

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

tunnel_opening::tunnel_opening(const tcp::socket::executor_type& executor,
                               tunnel_client_options options, tunnel_tls tls)
    : options_(std::move(options)), tls_(std::move(tls)), executor_(executor), resolver_(executor),
      deadline_(executor) {}

asio::awaitable<expected<opened_tunnel>> tunnel_opening::run() {
  const auto self = shared_from_this();
  start_deadline();
  auto node = co_await attempt();
  deadline_.cancel();
  if (late_)
    co_return timed_out();
  if (!node)
    co_return tl::unexpected(node.error());
  // The verifier ends with this object; nothing is verified any more.
  stream_->set_verify_callback([](bool, asio::ssl::verify_context&) { return false; });
  co_return opened_tunnel{
      .tls = tls_.context, .stream = std::move(stream_), .node = std::move(*node)};
}

asio::awaitable<expected<server_hello>> tunnel_opening::attempt() {
  const auto connected = co_await connect();
  if (!connected)
    co_return tl::unexpected(connected.error());
  const auto proven = co_await handshake();
  if (!proven)
    co_return tl::unexpected(proven.error());
  co_return co_await exchange_hellos();
}

asio::awaitable<expected<void>> tunnel_opening::connect() {
  const auto [problem, found] =
      co_await resolver_.async_resolve(options_.host, std::to_string(options_.port),
                                       asio::ip::resolver_base::numeric_service, use_result);
  if (late_)
    co_return timed_out();
  if (problem)
    co_return fail(errc::io, "cannot resolve '{}': {}", options_.host, problem.message());
  connect_race::endpoints all;
  for (const auto& entry : found)
    all.push_back(entry.endpoint());
  stage_ = "connecting";
  race_ = std::make_shared<connect_race>(executor_, all);
  auto socket = co_await race_->run();
  if (late_)
    co_return timed_out();
  if (!socket)
    co_return fail(errc::io, "cannot connect to {}: {}", where(), race_->problem().message());
  error_code ignored;
  socket->set_option(tcp::no_delay(true), ignored);
  socket->set_option(asio::socket_base::keep_alive(true), ignored);
  stream_ = std::make_unique<tunnel_stream>(std::move(*socket), *tls_.context);
  co_return expected<void>{};
}

asio::awaitable<expected<void>> tunnel_opening::handshake() {
  stage_ = "in the TLS handshake";
  if (!expect_peer(stream_->native_handle(), expected_name()))
    co_return fail(errc::invalid, "'{}' cannot be the name of a node", expected_name());
  stream_->set_verify_callback([this](bool preverified, asio::ssl::verify_context& context) {
    return verifier_.check(preverified, context.native_handle());
  });
  const auto [ec] = co_await stream_->async_handshake(tunnel_stream::client, use_result);
  if (late_)
    co_return timed_out();
  if (ec)
    co_return tl::unexpected(handshake_error(ec));
  co_return expected<void>{};
}

asio::awaitable<expected<server_hello>> tunnel_opening::exchange_hellos() {
  stage_ = "waiting for the node's hello";
  const auto hello = write(client_hello{
      .versions = tunnel_versions, .cluster = options_.cluster, .sender = options_.sender});
  // If the node closes meanwhile, reading says why.
  co_await asio::async_write(*stream_, asio::buffer(hello), use_result);
  const auto body = co_await read_hello(*stream_);
  if (late_)
    co_return timed_out();
  if (!body && body.error().malformed.empty())
    co_return tl::unexpected(lost(body.error().connection));
  if (!body)
    co_return fail(errc::invalid, "{} is not the tunnel of a node: {}", where(),
                   body.error().malformed);
  auto answer = parse_server_hello(*body);
  if (!answer)
    co_return fail(errc::invalid, "{} is not the tunnel of a node: {}", where(),
                   answer.error().message);
  if (!answer->refusal.empty())
    co_return fail(errc::invalid, "the node at {} refused the connection: {}", where(),
                   answer->refusal);
  if (answer->version < tunnel_versions.min || answer->version > tunnel_versions.max)
    co_return fail(errc::invalid, "the node at {} chose version {} of the tunnel, we speak {}",
                   where(), answer->version, to_string(tunnel_versions));
  co_return *answer;
}

void tunnel_opening::start_deadline() {
  deadline_.expires_after(options_.limit);
  deadline_.async_wait([self = shared_from_this()](const error_code& ec) {
    if (!ec)
      self->give_up();
  });
}

void tunnel_opening::give_up() {
  late_ = true;
  resolver_.cancel();
  if (race_)
    race_->cancel();
  error_code ignored;
  if (stream_)
    stream_->next_layer().close(ignored);
}

std::string tunnel_opening::where() const {
  const bool v6 = options_.host.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", options_.host, options_.port)
            : fmt::format("{}:{}", options_.host, options_.port);
}

const std::string& tunnel_opening::expected_name() const noexcept {
  return options_.expected_name.empty() ? options_.host : options_.expected_name;
}

tl::unexpected<error> tunnel_opening::timed_out() const {
  return fail(errc::timeout, "no tunnel to {} within {} ms: it ended {}", where(),
              options_.limit.count(), stage_);
}

error tunnel_opening::handshake_error(const error_code& ec) const {
  const long verified = SSL_get_verify_result(stream_->native_handle());
  if (verified == X509_V_OK)
    return {errc::io,
            fmt::format("{} does not take part in the TLS handshake: {}", where(), ec.message())};
  std::string why = X509_verify_cert_error_string(verified);
  if (verified == X509_V_ERR_APPLICATION_VERIFICATION)
    why = verifier_.problem();
  else if (refusal_of(verified) == tunnel_refusal::unknown_ca)
    why = fmt::format("it is not of the authority '{}'", options_.ca_file);
  else if (verified == X509_V_ERR_HOSTNAME_MISMATCH || verified == X509_V_ERR_IP_ADDRESS_MISMATCH)
    why = fmt::format("it does not carry the name '{}'", expected_name());
  return {errc::invalid,
          fmt::format("the certificate '{}' of the node at {} cannot be accepted: {}",
                      verifier_.name(), where(), why)};
}

error tunnel_opening::lost(const error_code& ec) const {
  if (const auto why = complaint(ec, options_.certificate_file); !why.empty())
    return {errc::invalid, fmt::format("the node at {} refused our certificate '{}': {}", where(),
                                       options_.certificate_file, why)};
  return {errc::io, fmt::format("the node at {} closed the connection before its hello: {}",
                                where(), ec.message())};
}

} // namespace prism::net
