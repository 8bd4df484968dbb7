#include "atproto/syntax/syntax.hpp"
#include "dataplane/methods/groups.hpp"
#include "dataplane/methods/message_method.hpp"
#include "db/reads/actors.hpp"
#include "db/reads/identities.hpp"

#include <array>
#include <utility>

namespace prism::dataplane {

namespace {

template <class Response>
answer<void> give(const db::known_identity& known, const std::string& did, Response& out) {
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

template <class Response>
answer<void> identity_of(call& with, const std::string& did, Response& out) {
  if (with.identity != nullptr)
    return give(*with.identity, did, out);
  auto reading = reads::read_identity(with.on, did);
  if (!reading)
    return failed(reading.error());
  const auto use = reading->known ? db::use_of(reading->known->published->exists, reading->age)
                                  : db::identity_use::look_up;
  if (use != db::identity_use::give)
    with.wanted = std::move(reading->wanted);
  if (use == db::identity_use::look_up)
    return tl::unexpected<failure>(
        failure{net::grpc_status::unavailable, "the identity of " + did + " is not known"});
  return give(*reading->known, did, out);
}

answer<void> identity_by_did(call& with, const bsky::GetIdentityByDidRequest& in,
                             bsky::GetIdentityByDidResponse& out) {
  if (!atproto::is_valid_did(in.did()))
    return not_found("'" + in.did() + "' is not a DID");
  return identity_of(with, in.did(), out);
}

/// Of the handles that are confirmed; no other is looked up.
answer<void> identity_by_handle(call& with, const bsky::GetIdentityByHandleRequest& in,
                                bsky::GetIdentityByHandleResponse& out) {
  const std::string_view handle = in.handle();
  const bool known = handle.find('\0') == handle.npos; // PostgreSQL takes no NUL
  const std::array handles{known ? handle : std::string_view{}};
  const auto dids = reads::dids_of_handles(with.on, handles);
  if (!dids)
    return failed(dids.error());
  if (dids->front().empty())
    return not_found("no account that is indexed has the handle '" + in.handle() + "'");
  return identity_of(with, dids->front(), out);
}

constexpr method identity_group[] = {
    reads<identity_by_did>("GetIdentityByDid"),
    reads<identity_by_handle>("GetIdentityByHandle"),
};

} // namespace

std::span<const method> identity_methods() {
  return identity_group;
}

} // namespace prism::dataplane
