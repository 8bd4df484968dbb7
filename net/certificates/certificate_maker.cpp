#include "net/certificates/certificate_maker.hpp"

#include <algorithm>
#include <openssl/err.h>

namespace prism::net {

namespace {

constexpr std::size_t max_host_size = 253;
constexpr std::size_t max_name_size = 64; // of a common name (RFC 5280, ub-common-name)
constexpr int serial_bits = 127;          // at most 20 bytes and positive (RFC 5280, 4.1.2.2)

bool is_alphanumeric(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_name_character(char c) noexcept {
  return is_alphanumeric(c) || c == '.' || c == '-' || c == '_';
}

tl::unexpected<error> openssl_failure(std::string_view what) {
  return fail(errc::fatal, "cannot make the {}: {}", what, take_openssl_error());
}

openssl_ptr<ASN1_STRING> octets(const std::string& text) {
  return openssl_ptr<ASN1_STRING>(a2i_IPADDRESS(text.c_str()));
}

bool set_time(ASN1_TIME* to, std::chrono::sys_seconds from) {
  return ASN1_TIME_set(to, from.time_since_epoch().count()) != nullptr;
}

bool set_random_serial(X509* certificate) {
  const openssl_ptr<BIGNUM> number(BN_new());
  return number && BN_rand(number.get(), serial_bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_name(X509* certificate, const std::string& name) {
  return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(name.data()),
                                    static_cast<int>(name.size()), -1, 0) == 1;
}

bool extend(X509* certificate, X509* issuer, int what, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const openssl_ptr<X509_EXTENSION> made(X509V3_EXT_conf_nid(nullptr, &context, what, value));
  return made && X509_add_ext(certificate, made.get(), -1) == 1;
}

bool add_name(GENERAL_NAMES* to, int type, const std::string& text) {
  openssl_ptr<ASN1_STRING> value;
  if (type == GEN_IPADD) {
    value = octets(text);
  } else {
    value.reset(ASN1_STRING_type_new(V_ASN1_IA5STRING));
    if (value && ASN1_STRING_set(value.get(), text.data(), static_cast<int>(text.size())) != 1)
      return false;
  }
  openssl_ptr<GENERAL_NAME> name(GENERAL_NAME_new());
  if (!value || !name)
    return false;
  GENERAL_NAME_set0_value(name.get(), type, value.release());
  if (sk_GENERAL_NAME_push(to, name.get()) <= 0)
    return false;
  static_cast<void>(name.release()); // `to` owns it
  return true;
}

// Built without OpenSSL's configuration language, in which a name could say more than a name.
bool add_names(X509* certificate, const certificate_request& request) {
  const openssl_ptr<GENERAL_NAMES> names(sk_GENERAL_NAME_new_null());
  if (!names)
    return false;
  if (request.role && !add_name(names.get(), GEN_URI, role_uri(*request.role)))
    return false;
  auto hosts = request.hosts;
  if (request.role == certificate_role::node &&
      std::ranges::find(hosts, request.name) == hosts.end() && !octets(request.name))
    hosts.push_back(request.name);
  for (const auto& host : hosts)
    if (!add_name(names.get(), octets(host) ? GEN_IPADD : GEN_DNS, host))
      return false;
  return sk_GENERAL_NAME_num(names.get()) == 0 ||
         X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) ==
             1;
}

// Everything that both kinds of certificate have.
made_certificate begin(const std::string& name, validity time) {
  made_certificate out{.certificate = openssl_ptr<X509>(X509_new()),
                       .key = openssl_ptr<EVP_PKEY>(EVP_EC_gen("P-256"))};
  auto* const it = out.certificate.get();
  if (it == nullptr || !out.key || X509_set_version(it, X509_VERSION_3) != 1 ||
      !set_random_serial(it) || !set_time(X509_getm_notBefore(it), time.from) ||
      !set_time(X509_getm_notAfter(it), time.until) || !set_name(it, name) ||
      X509_set_pubkey(it, out.key.get()) != 1)
    return {};
  return out;
}

bool add_revoked(X509_CRL* crl, const revocation& each) {
  openssl_ptr<X509_REVOKED> entry(X509_REVOKED_new());
  BIGNUM* parsed = nullptr;
  const bool is_number = BN_hex2bn(&parsed, each.serial.c_str()) != 0;
  const openssl_ptr<BIGNUM> number(parsed);
  const openssl_ptr<ASN1_STRING> serial(is_number ? BN_to_ASN1_INTEGER(number.get(), nullptr)
                                                  : nullptr);
  const openssl_ptr<ASN1_STRING> at(ASN1_TIME_set(nullptr, each.at.time_since_epoch().count()));
  if (!entry || !serial || !at || X509_REVOKED_set_serialNumber(entry.get(), serial.get()) != 1 ||
      X509_REVOKED_set_revocationDate(entry.get(), at.get()) != 1 ||
      X509_CRL_add0_revoked(crl, entry.get()) != 1)
    return false;
  static_cast<void>(entry.release()); // `crl` owns it
  return true;
}

} // namespace

bool is_certificate_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= max_name_size && is_alphanumeric(name.front()) &&
         std::ranges::all_of(name, is_name_character);
}

bool is_host(std::string_view host) {
  if (host.empty() || host.size() > max_host_size)
    return false;
  if (octets(std::string{host}))
    return true;
  ERR_clear_error();
  return is_alphanumeric(host.front()) && std::ranges::all_of(host, is_name_character);
}

expected<made_certificate> make_authority(const std::string& cluster, validity time) {
  if (!is_certificate_name(cluster))
    return fail(errc::invalid, "'{}' cannot be the name of a cluster", cluster);
  ERR_clear_error();
  auto out = begin(cluster, time);
  auto* const it = out.certificate.get();
  if (it == nullptr || X509_set_issuer_name(it, X509_get_subject_name(it)) != 1 ||
      !extend(it, it, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !extend(it, it, NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !extend(it, it, NID_subject_key_identifier, "hash") ||
      X509_sign(it, out.key.get(), EVP_sha256()) <= 0)
    return openssl_failure("certificate authority");
  return out;
}

expected<made_certificate> make_certificate(const made_certificate& authority,
                                            const certificate_request& request) {
  if (!is_certificate_name(request.name))
    return fail(errc::invalid, "'{}' cannot be the name of a certificate", request.name);
  for (const auto& host : request.hosts)
    if (!is_host(host))
      return fail(errc::invalid, "'{}' is neither a host name nor an address", host);
  ERR_clear_error();
  auto out = begin(request.name, request.time);
  auto* const it = out.certificate.get();
  auto* const issuer = authority.certificate.get();
  const bool is_node = request.role == certificate_role::node;
  if (it == nullptr || X509_set_issuer_name(it, X509_get_subject_name(issuer)) != 1 ||
      !extend(it, issuer, NID_basic_constraints, "critical,CA:FALSE") ||
      !extend(it, issuer, NID_key_usage, "critical,digitalSignature") ||
      !extend(it, issuer, NID_ext_key_usage, is_node ? "serverAuth,clientAuth" : "clientAuth") ||
      !extend(it, issuer, NID_subject_key_identifier, "hash") ||
      !extend(it, issuer, NID_authority_key_identifier, "keyid:always") ||
      !add_names(it, request) || X509_sign(it, authority.key.get(), EVP_sha256()) <= 0)
    return openssl_failure("certificate");
  return out;
}

expected<openssl_ptr<X509_CRL>> make_crl(const made_certificate& authority,
                                         const std::vector<revocation>& revoked,
                                         std::chrono::sys_seconds now,
                                         std::chrono::sys_seconds next_update) {
  ERR_clear_error();
  openssl_ptr<X509_CRL> crl(X509_CRL_new());
  const openssl_ptr<ASN1_STRING> at(ASN1_TIME_set(nullptr, now.time_since_epoch().count()));
  const openssl_ptr<ASN1_STRING> next(
      ASN1_TIME_set(nullptr, next_update.time_since_epoch().count()));
  auto* const issuer = authority.certificate.get();
  if (!crl || !at || !next || X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2) != 1 ||
      X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(issuer)) != 1 ||
      X509_CRL_set1_lastUpdate(crl.get(), at.get()) != 1 ||
      X509_CRL_set1_nextUpdate(crl.get(), next.get()) != 1)
    return openssl_failure("revocation list");
  for (const auto& each : revoked)
    if (!add_revoked(crl.get(), each))
      return openssl_failure("revocation list");
  X509_CRL_sort(crl.get());
  if (X509_CRL_sign(crl.get(), authority.key.get(), EVP_sha256()) <= 0)
    return openssl_failure("revocation list");
  return crl;
}

} // namespace prism::net
