#pragma once

#include "core/error.hpp"
#include "net/certificates/identity.hpp"
#include "net/tls_context.hpp"
#include "net/tunnel/refusal.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <optional>
#include <string>

namespace prism::net {

/// A TLS connection of the tunnel. Internal to net/: includes Asio and OpenSSL.
using tunnel_stream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;

/// The files of one end of the tunnel, all PEM.
struct tunnel_files {
  /// Certificate of the authority that both ends trust.
  std::string ca;
  /// Our certificate and its private key.
  std::string certificate;
  std::string key;
  /// Revocation list; "" for none.
  std::string crl;
};

/// One end of the tunnel: TLS 1.3 only, both sides show certificates, no resumption (a resumed
/// session would not be checked against the revocation list).
struct tunnel_tls {
  tls_context context;
  /// What our own certificate says.
  certificate_identity own;
};

/// Reads the files, and checks our certificate as the other end will. Errors: `errc::io` or
/// `errc::not_found` naming the file; `errc::invalid` for a certificate that does not fit its key,
/// the authority, the revocation list or the time, that has no role, or, of a server, another than
/// that of a node.
[[nodiscard]] expected<tunnel_tls> make_tunnel_server_tls(const tunnel_files& files);
[[nodiscard]] expected<tunnel_tls> make_tunnel_client_tls(const tunnel_files& files);

/// Why a certificate that was accepted before would not be now; empty if it would.
/// @param chain what the peer sent with it; may be null.
[[nodiscard]] std::optional<tunnel_refusal> refusal_now(boost::asio::ssl::context& context,
                                                        X509* certificate, STACK_OF(X509) * chain);

/// The reason for a result of OpenSSL's verification other than X509_V_OK.
[[nodiscard]] tunnel_refusal refusal_of(long verify_result) noexcept;

/// The callback of a handshake's verification: keeps the peer's name for logs, and refuses what has
/// no role (X509_V_ERR_APPLICATION_VERIFICATION).
class peer_verifier {
public:
  /// @param only the role that the peer must have; empty: any.
  explicit peer_verifier(std::optional<certificate_role> only) : only_(only) {}

  [[nodiscard]] bool check(bool preverified, X509_STORE_CTX* context);

  /// The common name of the certificate shown; "" before one was.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// What `identify` said against it; "" if nothing.
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

private:
  std::optional<certificate_role> only_;
  std::string name_;
  std::string problem_;
};

} // namespace prism::net
