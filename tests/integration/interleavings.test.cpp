#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <random>
#include <set>

// Creates, updates and deletes of a few repos that refer to each other, in random order. The rows
// and counts must follow from the records that exist in the end.

using namespace prism;
using namespace prism::test;

namespace {

using dice = std::mt19937;

[[nodiscard]] std::size_t roll(dice& of, std::size_t sides) {
  return std::uniform_int_distribution<std::size_t>{0, sides - 1}(of);
}

constexpr std::size_t users = 4;
constexpr std::size_t posts_each = 3;

[[nodiscard]] record_ref post_at(std::size_t place) {
  return {fmt::format("at://did:plc:user{}/app.bsky.feed.post/p{}", place / posts_each,
                      place % posts_each),
          cid_of(block_of({{"text", "any version"}}))};
}

/// The existing records, by uri, with the index of the post that each is about.
struct world {
  firehose_builder events;
  std::map<std::string, std::size_t> posts; // value: the parent's index, or none
  std::map<std::string, std::size_t> likes;
  std::map<std::string, std::size_t> reposts;
  std::set<std::string> others;
  static constexpr std::size_t none = SIZE_MAX;

  void step(dice& of) {
    const auto who = fmt::format("user{}", roll(of, users));
    const auto about = roll(of, users * posts_each);
    const auto rkey = roll(of, posts_each);
    switch (roll(of, 4)) {
    case 0:
    case 1:
      return post(of, who, fmt::format("p{}", rkey), about);
    case 2:
      return toggle(likes, who, "like", fmt::format("l{}", rkey), about);
    default:
      return toggle(reposts, who, "repost", fmt::format("r{}", rkey), about);
    }
  }

  /// The same with gates and follows, which decide about replies and quotes.
  void gated_step(dice& of) {
    const auto who = fmt::format("user{}", roll(of, users));
    const auto rkey = fmt::format("p{}", roll(of, posts_each));
    const auto own = fmt::format("at://{}/app.bsky.feed.post/{}", did_of(who), rkey);
    switch (roll(of, 8)) {
    case 0: {
      firehose_builder::fields gate{{"post", own}};
      if (const auto rule = roll(of, 5); rule > 0) {
        constexpr std::array rules{"mentionRule", "followerRule", "followingRule"};
        auto& allow = gate["allow"].emplace_array();
        if (rule > 1)
          allow.push_back(firehose_builder::fields{
              {"$type", fmt::format("app.bsky.feed.threadgate#{}", rules.at(rule - 2))}});
      }
      return put(of, who, "app.bsky.feed.threadgate", rkey, gate);
    }
    case 1:
      return put(
          of, who, "app.bsky.feed.postgate", rkey,
          {{"post", own}, {"embeddingRules", {{{"$type", "app.bsky.feed.postgate#disableRule"}}}}});
    case 2:
    case 3: {
      const auto whom = roll(of, users);
      return put(of, who, "app.bsky.graph.follow", fmt::format("f{}", whom),
                 {{"subject", did_of(fmt::format("user{}", whom))}});
    }
    case 4: {
      const auto quoted = post_at(roll(of, users * posts_each));
      return put(of, who, "app.bsky.feed.post", fmt::format("q{}", roll(of, posts_each)),
                 {{"text", "see"},
                  {"embed", {{"$type", "app.bsky.embed.record"}, {"record", ref_to(quoted)}}}});
    }
    default:
      return step(of);
    }
  }

  /// Creates, updates or deletes a record.
  void put(dice& of, const std::string& who, const std::string& collection, const std::string& rkey,
           firehose_builder::fields record) {
    const auto path = fmt::format("{}/{}", collection, rkey);
    const record_ref self{fmt::format("at://{}/{}", did_of(who), path), {}};
    record["$type"] = collection;
    record["createdAt"] = record_time;
    if (others.insert(self.uri).second)
      events.create(who, path, record);
    else if (roll(of, 3) == 0)
      events.update(who, path, record);
    else {
      events.remove(self);
      others.erase(self.uri);
    }
  }

  void post(dice& of, const std::string& who, const std::string& rkey, std::size_t about) {
    const record_ref self{fmt::format("at://{}/app.bsky.feed.post/{}", did_of(who), rkey), {}};
    const auto parent = roll(of, 2) == 0 ? about : none;
    if (!posts.contains(self.uri)) {
      if (parent == none)
        events.post(who, rkey);
      else
        events.reply(who, rkey, post_at(parent), post_at(parent));
      posts[self.uri] = parent;
    } else if (roll(of, 3) == 0) {
      events.update(who, "app.bsky.feed.post/" + rkey,
                    {{"$type", "app.bsky.feed.post"}, {"text", "new"}, {"createdAt", record_time}});
      posts[self.uri] = none;
    } else {
      events.remove(self);
      posts.erase(self.uri);
    }
  }

  void toggle(std::map<std::string, std::size_t>& live, const std::string& who,
              const std::string& kind, const std::string& rkey, std::size_t about) {
    const record_ref self{fmt::format("at://{}/app.bsky.feed.{}/{}", did_of(who), kind, rkey), {}};
    if (live.erase(self.uri) > 0)
      return events.remove(self);
    if (kind == "like")
      events.like(who, rkey, post_at(about));
    else
      events.repost(who, rkey, post_at(about));
    live[self.uri] = about;
  }

  /// Users who like, or repost, this post.
  [[nodiscard]] static std::size_t users_at(const std::map<std::string, std::size_t>& live,
                                            std::size_t place) {
    std::set<std::string> who;
    for (const auto& [uri, about] : live)
      if (about == place)
        who.insert(uri.substr(0, uri.find('/', 5)));
    return who.size();
  }

  [[nodiscard]] std::string counts_of(std::size_t place) const {
    const auto replies = std::ranges::count(posts, place, [](const auto& p) { return p.second; });
    const bool lives = posts.contains(post_at(place).uri);
    return fmt::format("{} {} {} 0", lives ? users_at(likes, place) : 0,
                       lives ? users_at(reposts, place) : 0, replies);
  }

  void check(index_target& target) const {
    for (std::size_t place = 0; place < users * posts_each; ++place) {
      INFO(post_at(place).uri);
      CHECK(counts(target.connection, post_at(place)) == counts_of(place));
    }
    CHECK(target.count("posts") == static_cast<std::int64_t>(posts.size()));
    CHECK(target.count("likes") + target.count("reposts") + target.count("pending_ops") ==
          static_cast<std::int64_t>(likes.size() + reposts.size()));
  }
};

/// A random order that keeps the order of each repo.
[[nodiscard]] std::vector<std::size_t> shuffled(const firehose_builder& events, dice& of) {
  std::vector<std::string> names = events.repos();
  std::map<std::string, std::vector<std::size_t>> places;
  for (std::size_t i = 0; i < names.size(); ++i)
    places[names[i]].push_back(i);
  std::ranges::shuffle(names, of);
  std::map<std::string, std::size_t> next;
  std::vector<std::size_t> order;
  for (const auto& name : names)
    order.push_back(places[name][next[name]++]);
  return order;
}

} // namespace

TEST_CASE("creates and deletes in any interleaving leave counts of the existing rows") {
  const auto seed = GENERATE(range(1U, 9U));
  INFO("seed " << seed);
  dice of{seed};
  world all;
  for (int i = 0; i < 120; ++i)
    all.step(of);
  index_target ordered;
  ordered.apply(all.events.take(), 1 + roll(of, 30));
  all.check(ordered);
  index_target target;
  target.apply(all.events.in_order(shuffled(all.events, of)), 1 + roll(of, 30));
  all.check(target);
  // And all other rows: feeds, notifications, which of two likes counts.
  CHECK(differing(ordered.fingerprints(), target.fingerprints()) == std::vector<std::string>{});
}

TEST_CASE("any order of repos gives the same rows with random gates and follows") {
  const auto seed = GENERATE(range(1U, 9U));
  INFO("seed " << seed);
  dice of{seed};
  world all;
  for (int i = 0; i < 150; ++i)
    all.gated_step(of);
  index_target ordered;
  ordered.apply(all.events.take(), 1 + roll(of, 30));
  CHECK(ordered.reasons.empty());
  for (int i = 0; i < 2; ++i) {
    index_target target;
    target.apply(all.events.in_order(shuffled(all.events, of)), 1 + roll(of, 30));
    CHECK(differing(ordered.fingerprints(), target.fingerprints()) == std::vector<std::string>{});
  }
}
