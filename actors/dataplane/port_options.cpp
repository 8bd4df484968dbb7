#include "actors/dataplane/port_options.hpp"

#include "dataplane/call.hpp"

namespace prism {

namespace {

[[nodiscard]] bool is_loopback(std::string_view address) {
  return address.starts_with("127.") || address == "::1";
}

} // namespace

expected<net::grpc_server_options> port_options(const config::options& from) {
  const auto address = net::parse_listen_address(from.dataplane_listen);
  if (!address)
    return fail(errc::invalid, "dataplane-listen: {}", address.error().message);
  if (from.dataplane_certificate.empty() != from.dataplane_key.empty())
    return fail(errc::invalid, "dataplane-certificate and dataplane-key: one of them is missing");
  if (!is_loopback(address->address) && from.dataplane_certificate.empty() &&
      !from.dataplane_clear_text)
    return fail(errc::invalid,
                "dataplane-listen {}: other machines reach this address in clear text and without "
                "authentication; set dataplane-certificate and dataplane-key, or "
                "dataplane-clear-text = \"yes\" on a private network",
                from.dataplane_listen);
  net::grpc_server_options out;
  out.listen = *address;
  // An AppView needs one connection a process. Together with the bytes of each, two of the largest
  // answers: 2 GiB at the most.
  out.max_connections = 128;
  out.max_connection_bytes = 2 * dataplane::max_answer_bytes;
  out.certificate_file = from.dataplane_certificate;
  out.key_file = from.dataplane_key;
  return out;
}

} // namespace prism
