#include "net/certificates/identity.hpp"

#include "core/printable.hpp"
#include "net/certificates/certificate_file.hpp"

#include <ctime>
#include <string_view>

namespace prism::net {

namespace {

std::string_view text_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

expected<std::chrono::sys_seconds> time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1)
    return fail(errc::invalid, "its time cannot be read");
  return std::chrono::sys_seconds{std::chrono::seconds{::timegm(&parts)}};
}

expected<certificate_role> role_of(const X509* certificate) {
  const openssl_ptr<GENERAL_NAMES> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::optional<certificate_role> found;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const auto* const each = sk_GENERAL_NAME_value(names.get(), i);
    if (each->type != GEN_URI)
      continue;
    const auto uri = text_of(each->d.uniformResourceIdentifier);
    if (!uri.starts_with(role_uri_prefix))
      continue;
    const auto role = parse_role(uri.substr(role_uri_prefix.size()));
    if (!role)
      return fail(errc::invalid, "its role '{}' is unknown", printable(uri));
    if (found)
      return fail(errc::invalid, "it has more than one role");
    found = role;
  }
  if (!found)
    return fail(errc::invalid, "it has no role");
  return *found;
}

} // namespace

std::string common_name(const X509* certificate) {
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0)
    return {};
  return printable(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
}

std::string serial_text(const ASN1_INTEGER* serial) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char each : text_of(serial)) {
    const auto byte = static_cast<unsigned char>(each);
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
  return out;
}

expected<certificate_identity> identify(const X509* certificate) {
  certificate_identity out{.name = common_name(certificate),
                           .serial = serial_text(X509_get0_serialNumber(certificate))};
  if (out.name.empty())
    return fail(errc::invalid, "it has no name");
  const auto role = role_of(certificate);
  if (!role)
    return tl::unexpected(role.error());
  out.role = *role;
  const auto from = time_of(X509_get0_notBefore(certificate));
  const auto until = time_of(X509_get0_notAfter(certificate));
  if (!from || !until)
    return fail(errc::invalid, "its time cannot be read");
  out.valid_from = *from;
  out.valid_until = *until;
  return out;
}

expected<certificate_identity> identify_file(const std::string& path) {
  const auto certificate = read_certificate(path);
  if (!certificate)
    return tl::unexpected(certificate.error());
  auto out = identify(certificate->get());
  if (!out)
    return fail(out.error().code, "certificate '{}': {}", path, out.error().message);
  return out;
}

expected<std::string> cluster_of(const std::string& ca_file) {
  const auto certificate = read_certificate(ca_file);
  if (!certificate)
    return tl::unexpected(certificate.error());
  auto name = common_name(certificate->get());
  if (name.empty())
    return fail(errc::invalid, "certificate '{}': it has no name", ca_file);
  return name;
}

} // namespace prism::net
