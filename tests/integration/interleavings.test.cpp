#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
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

/// How many random worlds each test makes; PRISM_TEST_SEEDS=200 for the long form.
[[nodiscard]] unsigned seeds() {
  const char* wanted = std::getenv("PRISM_TEST_SEEDS");
  return wanted == nullptr ? 8U : static_cast<unsigned>(std::strtoul(wanted, nullptr, 10));
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
  const auto seed = GENERATE(range(1U, 1 + seeds()));
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
  const auto seed = GENERATE(range(1U, 1 + seeds()));
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

namespace {

constexpr std::int64_t day = 86'400'000'000;

/// The clocks of made-up hosts, by repo: days behind, 70 years ahead, jumping, or frozen. The bound
/// against the future would hide what is under test, so `index_target` believes all of them.
struct odd_clocks {
  dice of;
  std::int64_t events{0};

  std::int64_t operator()(std::string_view who) {
    ++events;
    switch (who.back() % 5) {
    case 0:
      return -30 * day;
    case 1:
      return 70 * 365 * day;
    case 2:
      return (static_cast<std::int64_t>(roll(of, 60)) - 30) * day;
    case 3:
      return -events * 1'000'000; // frozen
    default:
      return 0;
    }
  }
};

/// One of the few posts, or one of the few tangled ones.
[[nodiscard]] record_ref any_post(dice& of) {
  auto out = post_at(roll(of, users * posts_each));
  if (roll(of, 2) == 0)
    out.uri[out.uri.size() - 2] = 't';
  return out;
}

/// A reply to any post in any thread: to itself, to what comes later, in circles.
void tangle(world& all, dice& of) {
  const auto who = fmt::format("user{}", roll(of, users));
  all.put(of, who, "app.bsky.feed.post", fmt::format("t{}", roll(of, posts_each)),
          {{"text", "tangled"},
           {"reply", {{"root", ref_to(any_post(of))}, {"parent", ref_to(any_post(of))}}}});
}

/// What was decided about each record, without any time.
[[nodiscard]] std::string decisions(index_target& target) {
  return value(target.connection, R"sql(
    SELECT string_agg(line, E'\n' ORDER BY line)
    FROM (
      SELECT concat_ws(' ', 'post', o.did, u.rkey, coalesce(p.violates_thread_gate, false),
        coalesce(p.violates_embedding_rules, false), coalesce(p.invalid_reply_root, false)) AS line
      FROM posts p JOIN uris u USING (id) JOIN users o ON o.id = u.repo_id
      UNION ALL
      SELECT concat_ws(' ', 'notification', r.did, a.did, reason, rkey)
      FROM notifications n JOIN users r ON r.id = recipient_id JOIN users a ON a.id = author_id
      UNION ALL
      SELECT concat_ws(' ', 'counts', o.did, u.rkey, like_count, repost_count, reply_count,
        quote_count)
      FROM post_aggregates c JOIN uris u ON u.id = c.post_id JOIN users o ON o.id = u.repo_id
      WHERE like_count + repost_count + reply_count + quote_count > 0
      UNION ALL
      SELECT concat_ws(' ', 'like', o.did, rkey, duplicate)
      FROM likes l JOIN users o ON o.id = l.creator_id
      UNION ALL
      SELECT concat_ws(' ', 'follow', o.did, rkey, duplicate)
      FROM follows f JOIN users o ON o.id = f.creator_id
    ) AS l
  )sql");
}

/// A world of gates, follows and tangled replies. @returns the wrong clocks' or the right one's.
[[nodiscard]] world tangled_world(unsigned seed, bool right_clocks) {
  dice of{seed};
  world all;
  if (!right_clocks)
    all.events.clock_error = odd_clocks{dice{seed + 1}};
  for (int i = 0; i < 150; ++i)
    if (roll(of, 4) == 0)
      tangle(all, of);
    else
      all.gated_step(of);
  return all;
}

} // namespace

TEST_CASE("the clocks of hosts decide nothing, in any order of arrival and any graph of replies") {
  const auto seed = GENERATE(range(1U, 1 + seeds()));
  INFO("seed " << seed);
  dice of{seed + 100};
  auto right = tangled_world(seed, true);
  auto wrong = tangled_world(seed, false);
  index_target reference;
  reference.apply(right.events.take(), 1);
  index_target ordered;
  ordered.apply(wrong.events.take(), 1 + roll(of, 30));
  CHECK(decisions(ordered) == decisions(reference));
  index_target mixed;
  mixed.apply(wrong.events.in_order(shuffled(wrong.events, of)), 1 + roll(of, 30));
  CHECK(decisions(mixed) == decisions(reference));
  CHECK(differing(ordered.fingerprints(), mixed.fingerprints()) == std::vector<std::string>{});
}
