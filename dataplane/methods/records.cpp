#include "atproto/syntax/syntax.hpp"
#include "dataplane/methods/arguments.hpp"
#include "dataplane/methods/groups.hpp"
#include "dataplane/methods/message_method.hpp"
#include "dataplane/methods/record_message.hpp"
#include "db/batch/refs.hpp"
#include "db/reads/op_threads.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <vector>

namespace prism::dataplane {

namespace {

using atproto::collection;
using uris = google::protobuf::RepeatedPtrField<std::string>;
using records = google::protobuf::RepeatedPtrField<bsky::Record>;

/// The paths of those uris that name a record of the collection, and where each uri stands.
struct asked_paths {
  std::vector<db::record_path> paths;
  std::vector<int> places;
};

[[nodiscard]] asked_paths paths_of(const uris& all, collection kind) {
  asked_paths out;
  for (int i = 0; i < all.size(); ++i) {
    const auto parts = db::split_uri(all.Get(i));
    if (parts.kind != kind || !atproto::is_valid_record_key(parts.rkey))
      continue;
    out.paths.push_back({parts.did, parts.rkey});
    out.places.push_back(i);
  }
  return out;
}

/// Puts an entry for each uri into `out`, empty where there is no record.
/// @param meta of a post, by the same places; may be null
[[nodiscard]] answer<void>
fill_records(call& with, collection kind, const uris& of, records& out,
             google::protobuf::RepeatedPtrField<bsky::PostRecordMeta>* meta = nullptr) {
  if (static_cast<std::size_t>(of.size()) > db::max_record_paths)
    return invalid(
        fmt::format("{} uris; at most {} are answered", of.size(), db::max_record_paths));
  const auto asked = paths_of(of, kind);
  auto found = db::records_at(with.on, kind, asked.paths);
  if (!found)
    return failed(found.error());
  std::ranges::sort(*found, {}, [](const db::found_record& each) { return each.block.size(); });
  for (int i = 0; i < of.size(); ++i) {
    out.Add();
    if (meta != nullptr)
      meta->Add();
  }
  std::size_t bytes = 0;
  for (const auto& each : *found) {
    const auto place = asked.places[each.at];
    auto& record = *out.Mutable(place);
    if (!each.left_out)
      fill_record(record, {each.cid, each.block, each.commit_time, each.created_at});
    bytes += record.record().size();
    if (each.left_out || bytes > max_json_bytes) {
      bytes -= record.record().size();
      record.Clear();
      ++with.left_out;
    }
    if (meta == nullptr)
      continue;
    auto& flags = *meta->Mutable(place);
    flags.set_violates_thread_gate(each.flags.violates_thread_gate);
    flags.set_violates_embedding_rules(each.flags.violates_embedding_rules);
    flags.set_has_thread_gate(each.flags.has_thread_gate);
    flags.set_has_post_gate(each.flags.has_post_gate);
  }
  return {};
}

template <collection Kind, class Request, class Response>
answer<void> records_of(call& with, const Request& in, Response& out) {
  return fill_records(with, Kind, in.uris(), *out.mutable_records());
}

/// Bytes of an op thread in the answer, or a little more.
[[nodiscard]] std::size_t bytes_of(const reads::op_thread& thread) {
  constexpr std::size_t tag_and_length = 6;
  auto out = thread.root_uri.size() + 2 * tag_and_length;
  for (const auto& uri : thread.uris)
    out += uri.size() + tag_and_length;
  return out;
}

/// The threads of these posts' authors with themselves, but for the largest ones if the answer
/// would be too large with them: rkeys of 512 bytes make 20,000 uris 11 MB.
[[nodiscard]] answer<void> fill_op_threads(call& with, const uris& of,
                                           bsky::GetPostRecordsResponse& out) {
  const auto posts = arguments(of, std::identity{});
  if (!posts)
    return tl::unexpected(posts.error());
  auto threads = reads::op_threads(with.on, *posts);
  if (!threads)
    return failed(threads.error());
  std::ranges::sort(*threads, {}, bytes_of);
  auto bytes = out.ByteSizeLong();
  for (auto& each : *threads) {
    bytes += bytes_of(each);
    if (bytes > max_answer_bytes) {
      ++with.left_out;
      continue;
    }
    auto& thread = *out.add_op_threads();
    thread.set_root_uri(std::move(each.root_uri));
    for (auto& uri : each.uris)
      thread.add_uris(std::move(uri));
  }
  return {};
}

answer<void> post_records(call& with, const bsky::GetPostRecordsRequest& in,
                          bsky::GetPostRecordsResponse& out) {
  auto done =
      fill_records(with, collection::post, in.uris(), *out.mutable_records(), out.mutable_meta());
  return done && in.include_op_thread_metadata() ? fill_op_threads(with, in.uris(), out) : done;
}

constexpr method records_group[] = {
    reads<post_records>("GetPostRecords"),
    reads<records_of<collection::like, bsky::GetLikeRecordsRequest, bsky::GetLikeRecordsResponse>>(
        "GetLikeRecords"),
    reads<records_of<collection::repost, bsky::GetRepostRecordsRequest,
                     bsky::GetRepostRecordsResponse>>("GetRepostRecords"),
    reads<records_of<collection::follow, bsky::GetFollowRecordsRequest,
                     bsky::GetFollowRecordsResponse>>("GetFollowRecords"),
    reads<
        records_of<collection::block, bsky::GetBlockRecordsRequest, bsky::GetBlockRecordsResponse>>(
        "GetBlockRecords"),
    reads<records_of<collection::list, bsky::GetListRecordsRequest, bsky::GetListRecordsResponse>>(
        "GetListRecords"),
    reads<records_of<collection::list_item, bsky::GetListItemRecordsRequest,
                     bsky::GetListItemRecordsResponse>>("GetListItemRecords"),
    reads<records_of<collection::list_block, bsky::GetListBlockRecordsRequest,
                     bsky::GetListBlockRecordsResponse>>("GetListBlockRecords"),
    reads<records_of<collection::feed_generator, bsky::GetFeedGeneratorRecordsRequest,
                     bsky::GetFeedGeneratorRecordsResponse>>("GetFeedGeneratorRecords"),
    reads<records_of<collection::starter_pack, bsky::GetStarterPackRecordsRequest,
                     bsky::GetStarterPackRecordsResponse>>("GetStarterPackRecords"),
    reads<records_of<collection::labeler, bsky::GetLabelerRecordsRequest,
                     bsky::GetLabelerRecordsResponse>>("GetLabelerRecords"),
    reads<records_of<collection::verification, bsky::GetVerificationRecordsRequest,
                     bsky::GetVerificationRecordsResponse>>("GetVerificationRecords"),
    reads<records_of<collection::thread_gate, bsky::GetThreadGateRecordsRequest,
                     bsky::GetThreadGateRecordsResponse>>("GetThreadGateRecords"),
    reads<records_of<collection::post_gate, bsky::GetPostgateRecordsRequest,
                     bsky::GetPostgateRecordsResponse>>("GetPostgateRecords"),
    reads<records_of<collection::status, bsky::GetStatusRecordsRequest,
                     bsky::GetStatusRecordsResponse>>("GetStatusRecords"),
    reads<records_of<collection::chat_declaration, bsky::GetActorChatDeclarationRecordsRequest,
                     bsky::GetActorChatDeclarationRecordsResponse>>(
        "GetActorChatDeclarationRecords"),
    reads<records_of<collection::germ_declaration, bsky::GetGermDeclarationRecordsRequest,
                     bsky::GetGermDeclarationRecordsResponse>>("GetGermDeclarationRecords"),
    reads<records_of<collection::notification_declaration,
                     bsky::GetNotificationDeclarationRecordsRequest,
                     bsky::GetNotificationDeclarationRecordsResponse>>(
        "GetNotificationDeclarationRecords"),
    reads<records_of<collection::profile, bsky::GetProfileRecordsRequest,
                     bsky::GetProfileRecordsResponse>>("GetProfileRecords"),
};

} // namespace

std::span<const method> record_methods() {
  return records_group;
}

} // namespace prism::dataplane
