#include "frames.hpp"

#include "atproto/cbor/cbor_writer.hpp"
#include "atproto/syntax/datetime.hpp"

#include <fmt/format.h>

namespace prism::synth {

using atproto::cbor_writer;

namespace {

/// In the form of most relays; with microseconds where milliseconds would not distinguish two
/// events.
[[nodiscard]] std::string event_time(micros time) {
  auto out = iso_text(time);
  if (time % 1000 != 0)
    out.insert(out.size() - 1, fmt::format("{:03}", time % 1000));
  return out;
}

/// The header, and the beginning of the payload.
[[nodiscard]] cbor_writer begin(std::string_view type, const envelope& of) {
  cbor_writer out;
  out.begin_map().key("t").text(type).key("op").integer(1).end_map();
  out.begin_map().key("seq").integer(of.seq).key("time").text(event_time(of.time));
  return out;
}

[[nodiscard]] frame end(cbor_writer& out) {
  return out.end_map().finish().value();
}

[[nodiscard]] std::string_view name_of(change action) {
  switch (action) {
  case change::create:
    return "create";
  case change::update:
    return "update";
  case change::remove:
    break;
  }
  return "delete";
}

void put_op(cbor_writer& out, const operation& op) {
  out.begin_map();
  out.key("path").text(fmt::format("{}/{}", nsid_of(op.what->kind), op.rkey));
  out.key("action").text(name_of(op.action));
  out.key("cid");
  if (op.action == change::remove)
    out.null();
  else
    out.link(op.id);
  if (op.prev)
    out.key("prev").link(*op.prev);
  out.end_map();
}

} // namespace

std::string iso_text(micros time) {
  return atproto::format_datetime(time);
}

frame commit_frame(const envelope& of, const commit& made,
                   const std::vector<operation>& operations) {
  auto out = begin("#commit", of);
  out.key("ops").begin_array();
  for (const auto& each : operations)
    put_op(out, each);
  out.end_array();
  out.key("rev").text(made.rev).key("repo").text(of.did).key("since");
  if (made.since)
    out.text(*made.since);
  else
    out.null();
  if (made.prev_data)
    out.key("prevData").link(*made.prev_data);
  out.key("blobs").begin_array().end_array();
  out.key("blocks").bytes(made.car).key("commit").link(made.id);
  out.key("rebase").boolean(false).key("tooBig").boolean(false);
  return end(out);
}

frame sync_frame(const envelope& of, const commit& made) {
  auto out = begin("#sync", of);
  out.key("did").text(of.did).key("rev").text(made.rev).key("blocks").bytes(made.head_car);
  return end(out);
}

frame identity_frame(const envelope& of, std::string_view handle) {
  auto out = begin("#identity", of);
  out.key("did").text(of.did).key("handle").text(handle);
  return end(out);
}

frame account_frame(const envelope& of, std::string_view status) {
  auto out = begin("#account", of);
  out.key("did").text(of.did).key("active").boolean(status.empty());
  if (!status.empty())
    out.key("status").text(status);
  return end(out);
}

} // namespace prism::synth
