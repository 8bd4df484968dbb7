#include "db/batch/batch_builder.hpp"

#include "atproto/cbor/cbor.hpp"
#include "atproto/lexicon/lexicon.hpp"
#include "atproto/repo/car.hpp"
#include "atproto/syntax/datetime.hpp"
#include "atproto/syntax/syntax.hpp"
#include "atproto/syntax/tid.hpp"
#include "core/printable.hpp"
#include "db/batch/row_builder.hpp"
#include "db/batch/sql_text.hpp"

#include <algorithm>

namespace prism::db {

using atproto::collection;

namespace {

// Limits of users.status and of a path in the log, in bytes: a hostile server may send more.
constexpr std::size_t max_status = 64;
constexpr std::size_t max_shown_path = 256;
// A record key has at most as many bytes.
constexpr std::size_t max_shown_rkey = 512;
// Operations of a refused commit that its row names, if they fit.
constexpr std::size_t max_shown_ops = 20;

/// Why one record is rejected: a stable word for the metric, a sentence for the log.
struct refusal {
  std::string reason;
  std::string message;
};

[[nodiscard]] tl::unexpected<refusal> refuse(std::string_view reason, std::string message) {
  return tl::unexpected<refusal>(refusal{std::string{reason}, std::move(message)});
}

// Compiled once. A test proves that it compiles.
[[nodiscard]] const atproto::lexicon_catalog& lexicons() {
  static const auto catalog =
      atproto::lexicon_catalog::compile(atproto::embedded_lexicons()).value();
  return catalog;
}

[[nodiscard]] refusal as_refusal(const row_rejection& rejection) {
  const std::string reason{to_string(rejection.reason)};
  return {reason, fmt::format("{}: {}", reason, rejection.message)};
}

// The collection of the uri that an op keeps: that of records which others refer to; a gate has
// its post's uri.
[[nodiscard]] collection self_kind(collection kind) {
  switch (kind) {
  case collection::post:
  case collection::list:
  case collection::feed_generator:
  case collection::starter_pack:
    return kind;
  case collection::thread_gate:
  case collection::post_gate:
    return collection::post;
  default:
    return collection::other;
  }
}

/// Reads, checks and fills in the record of an operation that is not a delete.
/// @param room bytes that the commit's records may still have
[[nodiscard]] tl::expected<void, refusal>
read_record(op& out, std::string_view did, const atproto::repo_op& in, const atproto::car_view& car,
            std::size_t& room, ref_tables& refs, atproto::lexicon_notes& notes) {
  if (!in.record)
    return refuse("missing_cid", "the operation has no CID");
  const auto block = car.find(*in.record);
  if (!block)
    return refuse("missing_block", fmt::format("no block {}", in.record->to_string()));
  if (block->size() > atproto::frame_limits::max_record)
    return refuse("record_too_large", fmt::format("{} bytes", block->size()));
  // Several operations may name one block, so the sum is limited to what a CAR can hold.
  if (block->size() > room)
    return refuse("commit_too_large", fmt::format("{} bytes more than fit", block->size() - room));
  room -= block->size();
  const auto document = atproto::cbor_document::parse_received(*block, atproto::bad_texts::replace);
  if (!document)
    return refuse("bad_cbor", document.error().message);
  // The official AppView accepts any chat declaration; here it must have its $type.
  if (out.kind == collection::chat_declaration) {
    if (document->root().find_text("$type") != in.collection)
      return refuse("bad_type_field",
                    fmt::format("bad_type_field at $.$type: must be {}", in.collection));
  } else {
    const auto valid = lexicons().validate_record(in.collection, document->root(), notes);
    if (!valid)
      return refuse(atproto::to_string(valid.error().rule), valid.error().to_string());
  }
  if (document->has_unsafe_integer())
    return refuse("bad_cbor", "an integer has more than 53 bits");
  out.cid = *in.record;
  if (const auto filled = fill_row(out, did, document->root(), *block, refs); !filled)
    return tl::unexpected<refusal>(as_refusal(filled.error()));
  return {};
}

/// Text of strangers for a row of refused_records. What is escaped grows to four times its size.
[[nodiscard]] std::string bounded(std::string_view text) {
  auto out = printable(text, max_refusal_message);
  out.resize(std::min(out.size(), max_refusal_message));
  return out;
}

/// "2 operations: app.bsky.feed.post/a app.bsky.feed.post/b"
[[nodiscard]] std::string list_of(const std::vector<atproto::repo_op>& ops) {
  auto out = fmt::format("{} operation{}", ops.size(), ops.size() == 1 ? "" : "s");
  for (std::size_t i = 0; i < std::min(ops.size(), max_shown_ops); ++i)
    out += fmt::format("{} {}", i == 0 ? ":" : "", printable(ops[i].path, max_shown_path));
  return out;
}

/// What a frame concerns, and what a commit would have done.
struct frame_subject {
  std::string_view did;
  std::int64_t seq{0};
  std::string ops{};
};
[[nodiscard]] frame_subject subject_of(const atproto::frame& frame) {
  if (const auto* commit = std::get_if<atproto::commit_frame>(&frame))
    return {commit->repo, commit->seq, list_of(commit->ops)};
  if (const auto* sync = std::get_if<atproto::sync_frame>(&frame))
    return {sync->did, sync->seq};
  if (const auto* account = std::get_if<atproto::account_frame>(&frame))
    return {account->did, account->seq};
  if (const auto* identity = std::get_if<atproto::identity_frame>(&frame))
    return {identity->did, identity->seq};
  return {};
}

[[nodiscard]] expected<void> check_did(std::string_view did) {
  if (!atproto::is_valid_did(did))
    return fail(errc::invalid, "field did: '{}' is not a DID", printable(did));
  return {};
}

// A record that is too large is rejected alone; the other records of the CAR are indexed.
[[nodiscard]] atproto::car_limits commit_car_limits() {
  atproto::car_limits limits;
  limits.max_block_size = atproto::frame_limits::max_commit_blocks;
  return limits;
}

} // namespace

std::string_view to_string(stamp_field field) noexcept {
  return field == stamp_field::rev ? "rev" : "time";
}

batch_builder::batch_builder(const build_events& events, std::int64_t place_base, micros arrival)
    : events_(events), place_base_(place_base), arrival_(arrival) {}

bool batch_builder::is_ahead(micros stamp, stamp_field field) const {
  const bool ahead = stamp > arrival_ + max_event_lead;
  if (ahead && events_.stamp_ahead)
    events_.stamp_ahead(field);
  return ahead;
}

expected<micros> batch_builder::event_time(std::string_view text) const {
  const auto time = atproto::parse_datetime(text);
  if (!time)
    return fail(errc::invalid, "field time: {}", time.error().message);
  // In milliseconds, as the reference keeps it: lists are ordered by it, and by CID within one.
  constexpr micros millisecond = 1000;
  const auto kept = is_ahead(*time, stamp_field::time) ? arrival_ : *time;
  return kept - (kept % millisecond + millisecond) % millisecond;
}

expected<void> batch_builder::check_rev(std::string_view rev) {
  const auto parsed = atproto::tid::parse(rev);
  if (!parsed)
    return fail(errc::invalid, "field rev: '{}' is not a TID", printable(rev));
  rev_ahead_ = is_ahead(parsed->timestamp_us(), stamp_field::rev);
  if (rev_ahead_)
    return fail(errc::invalid, "field rev: '{}' is more than 5 minutes ahead of the clock",
                printable(rev));
  return {};
}

expected<void> batch_builder::add(const atproto::frame& frame, std::optional<stream_place> place) {
  place_ = place;
  rev_ahead_ = false;
  ++batch_.frames;
  auto added = add_event(frame);
  if (!added) {
    const auto [did, seq, ops] = subject_of(frame);
    const auto& why = added.error().message;
    refuse_event(did, seq, rev_ahead_ ? "rev_ahead" : "bad_frame",
                 ops.empty() ? why : fmt::format("{}; {}", why, ops));
  }
  return added;
}

void batch_builder::refuse(std::string_view did, std::int64_t seq,
                           std::optional<stream_place> place, std::string_view message) {
  place_ = place;
  refuse_event(did, seq, "bad_frame", message);
}

void batch_builder::refuse_event(std::string_view did, std::int64_t seq, std::string_view reason,
                                 std::string_view message) {
  if (!atproto::is_valid_did(did))
    return;
  refused_op out;
  out.creator = batch_.refs.did(did);
  out.place = place(seq);
  out.reason = reason;
  out.message = bounded(message);
  out.heads_before = batch_.heads.size();
  batch_.refused.push_back(std::move(out));
}

void batch_builder::refuse_op(const op& of, const atproto::commit_frame& frame,
                              const atproto::repo_op& in, std::string_view reason,
                              const std::string& message) {
  const auto path = atproto::is_valid_record_key(in.rkey) ? std::string{in.path}
                                                          : printable(in.path, max_shown_path);
  events_.rejected(frame.repo, path, reason, message);
  refused_op out;
  out.creator = of.creator;
  out.kind = of.kind;
  out.rkey = printable(of.rkey, max_shown_rkey);
  out.rev = of.rev;
  out.place = of.place;
  out.cid = in.record;
  out.reason = reason;
  out.message = bounded(message);
  out.heads_before = batch_.heads.size();
  batch_.refused.push_back(std::move(out));
}

expected<void> batch_builder::add_event(const atproto::frame& frame) {
  if (const auto* commit = std::get_if<atproto::commit_frame>(&frame))
    return add_commit(*commit);
  if (const auto* sync = std::get_if<atproto::sync_frame>(&frame))
    return add_sync(*sync);
  if (const auto* account = std::get_if<atproto::account_frame>(&frame)) {
    const auto time = event_time(account->time);
    if (!time)
      return tl::unexpected(time.error());
    if (auto valid = check_did(account->did); !valid)
      return valid;
    const auto status = account->active ? std::string_view{} : account->status.value_or("inactive");
    batch_.accounts.push_back({batch_.refs.did(account->did), account->seq,
                               this->place(account->seq), *time, account->active,
                               sql_text(status, max_status)});
  } else if (const auto* identity = std::get_if<atproto::identity_frame>(&frame)) {
    const auto time = event_time(identity->time);
    if (!time)
      return tl::unexpected(time.error());
    if (auto valid = check_did(identity->did); !valid)
      return valid;
    if (identity->handle && !atproto::is_valid_handle(*identity->handle))
      return fail(errc::invalid, "field handle: '{}' is not a handle",
                  printable(*identity->handle));
    batch_.identities.push_back(
        {batch_.refs.did(identity->did), this->place(identity->seq), *time});
  }
  return {};
}

void batch_builder::add_head(std::string_view did, std::string_view rev, const atproto::cid& commit,
                             micros time) {
  batch_.heads.push_back({batch_.refs.did(did), std::string{rev}, commit, time, batch_.ops.size()});
}

expected<void> batch_builder::add_sync(const atproto::sync_frame& frame) {
  const auto time = event_time(frame.time);
  if (!time)
    return tl::unexpected(time.error());
  if (auto valid = check_did(frame.did); !valid)
    return valid;
  if (auto valid = check_rev(frame.rev); !valid)
    return valid;
  const auto car = atproto::car_view::parse(frame.blocks);
  if (!car)
    return tl::unexpected(car.error());
  if (car->root_count() != 1 || car->roots().empty())
    return fail(errc::invalid, "field blocks: a #sync must have one root, a CIDv1 with SHA-256");
  add_head(frame.did, frame.rev, car->roots().front(), *time);
  return {};
}

expected<void> batch_builder::add_commit(const atproto::commit_frame& frame) {
  const auto time = event_time(frame.time);
  if (!time)
    return tl::unexpected(time.error());
  if (auto valid = check_did(frame.repo); !valid)
    return valid;
  if (auto valid = check_rev(frame.rev); !valid)
    return valid;
  if (frame.since && !atproto::is_valid_tid(*frame.since))
    return fail(errc::invalid, "field since: '{}' is not a TID", printable(*frame.since));
  const auto car = atproto::car_view::parse(frame.blocks, commit_car_limits());
  if (!car)
    return tl::unexpected(car.error());
  std::size_t room = atproto::frame_limits::max_commit_blocks;
  const auto creator = batch_.refs.did(frame.repo);
  std::size_t number = 0;
  for (const auto& in : frame.ops) {
    const auto at = place(frame.seq, number++);
    const auto kind = atproto::collection_of(in.collection);
    if (kind == collection::other) {
      events_.skipped(in.collection);
      continue;
    }
    op out;
    out.creator = creator;
    out.kind = kind;
    out.rkey = in.rkey;
    out.rev = frame.rev;
    out.seq = frame.seq;
    out.place = at;
    out.commit_time = *time;
    if (!atproto::is_valid_record_key(in.rkey)) {
      refuse_op(out, frame, in, "bad_record_key", "the record key is invalid");
      continue;
    }
    if (const auto own = self_kind(kind); own != collection::other)
      out.self = batch_.refs.path(creator, own, in.rkey);
    switch (in.action) {
    case atproto::repo_action::other:
      refuse_op(out, frame, in, "unknown_action", "the operation is no create, update or delete");
      continue;
    case atproto::repo_action::remove:
      out.action = op_action::remove;
      break;
    case atproto::repo_action::update:
      out.action = op_action::update;
      break;
    case atproto::repo_action::create:
      out.action = op_action::create;
      break;
    }
    if (in.action != atproto::repo_action::remove) {
      atproto::lexicon_notes notes;
      if (const auto read = read_record(out, frame.repo, in, *car, room, batch_.refs, notes);
          !read) {
        refuse_op(out, frame, in, read.error().reason, read.error().message);
        continue;
      }
      if (notes.legacy_blobs > 0 && events_.legacy_blobs)
        events_.legacy_blobs(notes.legacy_blobs);
    }
    batch_.ops.push_back(std::move(out));
  }
  add_head(frame.repo, frame.rev, frame.commit, *time);
  return {};
}

batch batch_builder::take() {
  batch_.place_base = place_base_;
  return std::exchange(batch_, batch{});
}

} // namespace prism::db
