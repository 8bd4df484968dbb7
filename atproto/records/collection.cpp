#include "atproto/records/collection.hpp"

#include <algorithm>

namespace prism::atproto {

namespace {

constexpr std::array<std::string_view, collection_count> names{
    "other",
    "app.bsky.feed.post",
    "app.bsky.feed.like",
    "app.bsky.feed.repost",
    "app.bsky.feed.threadgate",
    "app.bsky.feed.postgate",
    "app.bsky.feed.generator",
    "app.bsky.graph.follow",
    "app.bsky.graph.block",
    "app.bsky.graph.list",
    "app.bsky.graph.listitem",
    "app.bsky.graph.listblock",
    "app.bsky.graph.starterpack",
    "app.bsky.graph.verification",
    "app.bsky.actor.profile",
    "app.bsky.actor.status",
    "app.bsky.labeler.service",
    "app.bsky.notification.declaration",
    "chat.bsky.actor.declaration",
    "com.germnetwork.declaration",
    "app.bsky.graph.referencelistoptout",
};

} // namespace

collection collection_of(std::string_view nsid) noexcept {
  const auto* found = std::find(names.begin() + 1, names.end(), nsid);
  return found == names.end() ? collection::other : static_cast<collection>(found - names.begin());
}

std::string_view nsid_of(collection value) noexcept {
  const auto index = static_cast<std::size_t>(value);
  return index < names.size() ? names[index] : names[0];
}

} // namespace prism::atproto
