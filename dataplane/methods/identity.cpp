#include "atproto/syntax/syntax.hpp"
#include "dataplane/methods/groups.hpp"
#include "db/reads/identities.hpp"

#include <utility>

namespace prism::dataplane {

namespace {

answer<void> give(const db::known_identity& known, const std::string& did,
                  bsky::GetIdentityByDidResponse& out) {
  const auto& published = *known.published;
  if (!published.exists)
    return not_found(did + " has no DID document");
  out.set_did(did);
  out.set_handle(published.handle);
  out.set_keys(published.keys);
  out.set_services(published.services);
  constexpr db::micros second = 1'000'000;
  auto& updated = *out.mutable_updated();
  updated.set_seconds(known.looked_up_at / second);
  updated.set_nanos(static_cast<std::int32_t>(known.looked_up_at % second) * 1'000);
  return {};
}

answer<void> get_identity_by_did(call& with, const bsky::GetIdentityByDidRequest& in,
                                 bsky::GetIdentityByDidResponse& out) {
  if (with.identity != nullptr)
    return give(*with.identity, in.did(), out);
  if (!atproto::is_valid_did(in.did()))
    return not_found("'" + in.did() + "' is not a DID");
  auto reading = reads::read_identity(with.on, in.did());
  if (!reading)
    return failed(reading.error());
  const auto use = reading->known ? db::use_of(reading->known->published->exists, reading->age)
                                  : db::identity_use::look_up;
  if (use != db::identity_use::give)
    with.wanted = std::move(reading->wanted);
  if (use == db::identity_use::look_up)
    return tl::unexpected<failure>(
        failure{net::grpc_status::unavailable, "the identity of " + in.did() + " is not known"});
  return give(*reading->known, in.did(), out);
}

constexpr method identity_group[] = {reads<get_identity_by_did>("GetIdentityByDid")};

} // namespace

std::span<const method> identity_methods() {
  return identity_group;
}

} // namespace prism::dataplane
