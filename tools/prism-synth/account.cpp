#include "account.hpp"

#include "atproto/text/base32.hpp"
#include "json_row.hpp"

#include <fmt/format.h>

namespace prism::synth {

namespace {

[[nodiscard]] atproto::sha256_digest digest_of(const std::string& text) {
  return atproto::sha256(std::as_bytes(std::span{text}));
}

} // namespace

account make_account(std::uint64_t seed, std::size_t number) {
  const auto name = digest_of(fmt::format("prism-synth did {} {}", seed, number));
  const auto curve = number % 8 == 7 ? atproto::key_curve::p256 : atproto::key_curve::k256;
  const auto did = fmt::format("did:plc:{}", atproto::base32_encode(name).substr(0, 24));
  return {number, did,
          signing_key{curve, digest_of(fmt::format("prism-synth key {} {}", seed, number))}};
}

std::string did_document(const account& of) {
  json_row method;
  method.text("id", of.did + "#atproto").text("type", "Multikey").text("controller", of.did);
  method.text("publicKeyMultibase", of.repo.key().verification_key().to_did_key().substr(
                                        std::string_view{"did:key:"}.size()));
  json_row service;
  service.text("id", "#atproto_pds").text("type", "AtprotoPersonalDataServer");
  service.text("serviceEndpoint", "https://pds.test");
  json_row out;
  const std::vector<std::string> names{"at://" + of.handle};
  out.text("id", of.did).texts("alsoKnownAs", names);
  out.object("verificationMethod", '[' + method.done() + ']');
  return out.object("service", '[' + service.done() + ']').done();
}

} // namespace prism::synth
