#pragma once

#include "atproto/records/collection.hpp"
#include "tests/integration/dataplane/asking.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

/// The methods that give the records of one collection each.
namespace prism::test {

using atproto::collection;
using uris = std::vector<std::string>;

/// The messages of these methods differ by name only.
template <class Request, class Response>
[[nodiscard]] dataplane::answer<std::vector<bsky::Record>>
try_records(db::executor& on, std::string_view method, const uris& of) {
  Request request;
  for (const auto& uri : of)
    request.add_uris(uri);
  auto answer = try_ask<Response>(on, method, request);
  if (!answer)
    return tl::unexpected(std::move(answer.error()));
  return std::vector<bsky::Record>{answer->records().begin(), answer->records().end()};
}

using asked = dataplane::answer<std::vector<bsky::Record>>(db::executor&, std::string_view,
                                                           const uris&);

struct records_method {
  collection kind{collection::other};
  std::string_view name;
  asked* ask{nullptr};
};

#define PRISM_RECORDS(KIND, NAME)                                                                  \
  records_method {                                                                                 \
    collection::KIND, "Get" #NAME "Records",                                                       \
        &try_records<bsky::Get##NAME##RecordsRequest, bsky::Get##NAME##RecordsResponse>            \
  }
inline constexpr records_method all_methods[] = {
    PRISM_RECORDS(post, Post),
    PRISM_RECORDS(like, Like),
    PRISM_RECORDS(repost, Repost),
    PRISM_RECORDS(thread_gate, ThreadGate),
    PRISM_RECORDS(post_gate, Postgate),
    PRISM_RECORDS(feed_generator, FeedGenerator),
    PRISM_RECORDS(follow, Follow),
    PRISM_RECORDS(block, Block),
    PRISM_RECORDS(list, List),
    PRISM_RECORDS(list_item, ListItem),
    PRISM_RECORDS(list_block, ListBlock),
    PRISM_RECORDS(starter_pack, StarterPack),
    PRISM_RECORDS(verification, Verification),
    PRISM_RECORDS(profile, Profile),
    PRISM_RECORDS(status, Status),
    PRISM_RECORDS(labeler, Labeler),
    PRISM_RECORDS(notification_declaration, NotificationDeclaration),
    PRISM_RECORDS(chat_declaration, ActorChatDeclaration),
    PRISM_RECORDS(germ_declaration, GermDeclaration),
};
#undef PRISM_RECORDS

[[nodiscard]] inline std::vector<bsky::Record> records(db::executor& on, collection kind,
                                                       const uris& of) {
  for (const auto& each : all_methods)
    if (each.kind == kind) {
      auto answer = each.ask(on, each.name, of);
      if (!answer)
        FAIL(answer.error().text);
      return std::move(*answer);
    }
  FAIL("no method for the collection");
  return {};
}

} // namespace prism::test
