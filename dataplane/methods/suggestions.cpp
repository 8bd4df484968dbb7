#include "db/reads/suggestions.hpp"

#include "dataplane/methods/arguments.hpp"
#include "dataplane/methods/groups.hpp"
#include "dataplane/methods/message_method.hpp"
#include "db/reads/similar_accounts.hpp"

#include <algorithm>
#include <charconv>

namespace prism::dataplane {

namespace {

/// What a request with `limit` and `cursor` asks for; a cursor is a position.
/// @param usual the limit if the request has none
template <class Request>
[[nodiscard]] answer<reads::suggestion_request> suggestions_of(const Request& in,
                                                               std::size_t usual) {
  reads::suggestion_request out{.limit = usual};
  if (in.limit() > 0)
    out.limit = std::min(static_cast<std::size_t>(in.limit()), reads::max_suggestions);
  const auto& text = in.cursor();
  const auto* const end = text.data() + text.size();
  if (const auto read = std::from_chars(text.data(), end, out.after);
      !text.empty() && (read.ec != std::errc{} || read.ptr != end))
    return invalid("the cursor is not the position of a suggestion");
  return out;
}

/// Which pages have a cursor.
enum class cursor_rule {
  with_more,    ///< those with another one behind them
  unless_empty, ///< the AppView drops whom the viewer follows, and takes it that there is more
};

/// Adds one page.
/// @param read gives rows, from an executor and a request
/// @param add puts one row into the answer
template <class Request, class Response, class Read, class Add>
[[nodiscard]] answer<void> answer_suggestions(call& with, const Request& in, Response& out,
                                              std::size_t usual, cursor_rule rule, Read read,
                                              Add add) {
  auto asked = suggestions_of(in, usual);
  if (!asked)
    return tl::unexpected(std::move(asked.error()));
  const auto limit = asked->limit;
  ++asked->limit;
  auto rows = read(with.on, *asked);
  if (!rows)
    return failed(rows.error());
  const auto more = rows->size() > limit;
  rows->resize(std::min(rows->size(), limit));
  if (!rows->empty() && (more || rule == cursor_rule::unless_empty))
    out.set_cursor(std::to_string(rows->back().position));
  for (auto& each : *rows)
    add(each);
  return {};
}

answer<void> similar(call& with, const bsky::GetFollowSuggestionsRequest& in,
                     bsky::GetFollowSuggestionsResponse& out) {
  if (!in.cursor().empty()) // all of them are on the first page
    return {};
  const auto limit =
      in.limit() > 0 ? static_cast<std::size_t>(in.limit()) : reads::max_similar_accounts;
  auto found = reads::similar_accounts(with.on, without_nul(in.actor_did()),
                                       without_nul(in.relative_to_did()), limit);
  if (!found)
    return failed(found.error());
  for (auto& did : *found)
    out.add_dids(std::move(did));
  return {};
}

answer<void> follow_suggestions(call& with, const bsky::GetFollowSuggestionsRequest& in,
                                bsky::GetFollowSuggestionsResponse& out) {
  if (!in.relative_to_did().empty())
    return similar(with, in, out);
  return answer_suggestions(with, in, out, reads::max_suggestions, cursor_rule::unless_empty,
                            reads::suggested_follows,
                            [&](auto& each) { out.add_dids(std::move(each.subject)); });
}

answer<void> suggested_feeds(call& with, const bsky::GetSuggestedFeedsRequest& in,
                             bsky::GetSuggestedFeedsResponse& out) {
  constexpr std::size_t usual = 50;
  return answer_suggestions(with, in, out, usual, cursor_rule::with_more, reads::suggested_feeds,
                            [&](auto& each) { out.add_uris(std::move(each.subject)); });
}

answer<void> suggested_entities(call& with, const bsky::GetSuggestedEntitiesRequest& in,
                                bsky::GetSuggestedEntitiesResponse& out) {
  return answer_suggestions(with, in, out, reads::max_suggestions, cursor_rule::with_more,
                            reads::suggested_entities, [&](auto& each) {
                              auto& entity = *out.add_entities();
                              entity.set_tag(std::move(each.tag));
                              entity.set_subject(std::move(each.subject));
                              entity.set_subject_type(std::move(each.subject_type));
                            });
}

constexpr method suggestion_group[] = {
    reads<follow_suggestions>("GetFollowSuggestions"),
    reads<suggested_feeds>("GetSuggestedFeeds"),
    reads<suggested_entities>("GetSuggestedEntities"),
};

} // namespace

std::span<const method> suggestion_methods() {
  return suggestion_group;
}

} // namespace prism::dataplane
