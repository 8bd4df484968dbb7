#include "db/reads/actors.hpp"

#include "atproto/cbor/cbor_document.hpp"
#include "dataplane/methods/arguments.hpp"
#include "dataplane/methods/groups.hpp"
#include "dataplane/methods/message_method.hpp"
#include "dataplane/methods/record_message.hpp"

#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>
#include <set>

namespace prism::dataplane {

namespace {

[[nodiscard]] std::optional<atproto::cbor_document> read(const reads::kept_record& record) {
  if (record.cid.empty())
    return std::nullopt;
  auto document = atproto::cbor_document::parse_received(record.block, atproto::bad_texts::replace);
  if (!document)
    return std::nullopt;
  return std::move(*document);
}

void fill_kept(bsky::Record& out, const reads::kept_record& from) {
  if (!from.cid.empty())
    fill_record(out, {from.cid, from.block, from.commit_time, from.created_at});
}

/// The known values of a chat declaration have at most 9 bytes. A stranger's may have a megabyte,
/// which would count against everybody whose account is in the answer.
constexpr std::size_t max_chat_value = 64;

/// As the lexicon chat.bsky.actor.declaration has it: allowIncoming must be there, and
/// allowGroupInvites may; a record of another form, or with a long text, says nothing.
void fill_chat(bsky::ActorInfo& out, const reads::kept_record& from) {
  const auto record = read(from);
  if (!record)
    return;
  const auto incoming = record->root().find_text("allowIncoming");
  const auto groups = record->root().find("allowGroupInvites");
  const auto is_short = [](const std::optional<std::string_view>& text) {
    return text && text->size() <= max_chat_value;
  };
  if (!is_short(incoming) || (groups && !is_short(groups->as_text())))
    return;
  out.set_allow_incoming_chats_from(incoming->data(), incoming->size());
  if (groups)
    out.set_allow_group_chat_invites_from(groups->as_text()->data(), groups->as_text()->size());
}

/// Who may subscribe to an account's activity: the default of the lexicon is the server's to give.
[[nodiscard]] std::string_view subscribers_allowed(const reads::kept_record& from) {
  static constexpr std::string_view answers[] = {"followers", "mutuals", "none"};
  if (const auto record = read(from))
    if (const auto said = record->root().find_text("allowSubscriptions"))
      for (const auto each : answers)
        if (each == *said)
          return each;
  return answers[0];
}

/// Where the entries of the map `verified_by` are. The AppView shows them in the order in which
/// they come, and a map of protobuf has none, so they are fields that the message does not know.
[[nodiscard]] google::protobuf::UnknownFieldSet& verifications_of(bsky::ActorInfo& of) {
  return *bsky::ActorInfo::GetReflection()->MutableUnknownFields(&of);
}

/// Adds an entry, which on the wire is a message of key and value (protobuf encoding, "Maps").
void add_verification(bsky::ActorInfo& out, const reads::verification& from) {
  bsky::VerificationMeta value;
  value.set_rkey(from.rkey);
  value.set_handle(from.handle);
  value.set_display_name(from.display_name);
  set_time(*value.mutable_sorted_at(), from.sort_at);
  google::protobuf::UnknownFieldSet entry;
  entry.AddLengthDelimited(1, from.did);
  entry.AddLengthDelimited(2, value.SerializeAsString());
  std::string bytes;
  if (entry.SerializeToString(&bytes))
    verifications_of(out).AddLengthDelimited(bsky::ActorInfo::kVerifiedByFieldNumber, bytes);
}

void fill_actor(bsky::ActorInfo& out, const reads::actor& from) {
  out.set_exists(from.indexed);
  out.set_handle(from.handle);
  out.set_labeler(from.labeler);
  // An account that is gone, or not looked up yet, has a status here, but is nobody there.
  if (from.indexed)
    out.set_upstream_status(from.status);
  fill_kept(*out.mutable_profile(), from.profile);
  if (out.profile().has_created_at())
    *out.mutable_created_at() = out.profile().created_at();
  fill_kept(*out.mutable_status_record(), from.status_record);
  fill_kept(*out.mutable_germ_record(), from.germ_declaration);
  fill_chat(out, from.chat_declaration);
  out.set_trusted_verifier(from.trusted_verifier);
  for (const auto& each : from.verified_by)
    add_verification(out, each);
  const auto allowed = subscribers_allowed(from.notification_declaration);
  out.set_allow_activity_subscriptions_from(allowed.data(), allowed.size());
}

/// What is said of every account, also of unknown ones.
void fill_unknown(bsky::ActorInfo& out) {
  (void)out.mutable_profile();
  (void)out.mutable_status_record();
  (void)out.mutable_germ_record();
  out.set_allow_activity_subscriptions_from("followers");
}

[[nodiscard]] std::size_t size_of_records(const reads::actor& of) {
  return of.profile.block.size() + of.status_record.block.size() + of.germ_declaration.block.size();
}

answer<void> actors(call& with, const bsky::GetActorsRequest& in, bsky::GetActorsResponse& out) {
  const auto dids = names(in.dids());
  if (!dids)
    return tl::unexpected(dids.error());
  auto found = reads::actors(with.on, *dids);
  if (!found)
    return failed(found.error());
  std::ranges::sort(*found, {}, size_of_records);
  const std::set<std::string_view> ages(in.return_age_assurance_for_dids().begin(),
                                        in.return_age_assurance_for_dids().end());
  for (const auto& did : in.dids()) {
    auto& each = *out.add_actors();
    fill_unknown(each);
    if (!ages.contains(did))
      continue;
    each.mutable_age_assurance_status()->set_status("unknown");
    each.mutable_age_assurance_status()->set_access("unknown");
  }
  std::size_t bytes = 0;
  for (auto& each : *found) {
    auto& actor = *out.mutable_actors(static_cast<int>(each.at));
    fill_actor(actor, each);
    if (bytes + actor.ByteSizeLong() > max_json_bytes) {
      reads::leave_out_records(each);
      for (auto* record :
           {actor.mutable_profile(), actor.mutable_status_record(), actor.mutable_germ_record()})
        record->Clear();
      verifications_of(actor).Clear();
    }
    bytes += actor.ByteSizeLong();
    with.left_out += each.left_out ? 1 : 0;
  }
  return {};
}

answer<void> dids_by_handles(call& with, const bsky::GetDidsByHandlesRequest& in,
                             bsky::GetDidsByHandlesResponse& out) {
  const auto handles = names(in.handles());
  if (!handles)
    return tl::unexpected(handles.error());
  auto dids = reads::dids_of_handles(with.on, *handles);
  if (!dids)
    return failed(dids.error());
  for (auto& each : *dids)
    out.add_dids(std::move(each));
  return {};
}

answer<void> latest_rev(call& with, const bsky::GetLatestRevRequest& in,
                        bsky::GetLatestRevResponse& out) {
  auto rev = reads::latest_rev(with.on, without_nul(in.actor_did()));
  if (!rev)
    return failed(rev.error());
  out.set_rev(std::move(*rev));
  return {};
}

constexpr method actors_group[] = {
    reads<actors>("GetActors"),
    reads<dids_by_handles>("GetDidsByHandles"),
    reads<latest_rev>("GetLatestRev"),
};

} // namespace

std::span<const method> actor_methods() {
  return actors_group;
}

} // namespace prism::dataplane
