#pragma once

#include "db/reads/page.hpp"

#include <cstdint>
#include <string>
#include <tuple>

/// Feed items, newest first: shared by the home timeline and the author feed.
namespace prism::reads {

/// A post in a feed, by its author or by a user who reposted it.
struct feed_item {
  std::int64_t originator_id{0};
  std::string originator_did;
  micros sort_at{0}; ///< the earlier of its createdAt and the time of its commit
  std::int64_t post_id{0};
  std::string post_did;
  std::string post_rkey;
  std::string repost_rkey; ///< of the originator's repost; empty: the post itself
};

/// The sort key of an item. The default is before all items.
struct feed_position {
  micros sort_at{end_of_time};
  std::int64_t post_id{highest_id};
  std::int64_t originator_id{highest_id};
  std::string repost_rkey{};

  [[nodiscard]] bool operator<(const feed_position& other) const {
    return std::tie(sort_at, post_id, originator_id, repost_rkey) <
           std::tie(other.sort_at, other.post_id, other.originator_id, other.repost_rkey);
  }
};

using feed_page = page<feed_item, feed_position>;

[[nodiscard]] feed_position position_of(const feed_item& item);

/// Reads rows of originator_id, originator's did, sort_at, post_id, post's did and rkey,
/// repost_rkey.
[[nodiscard]] std::vector<feed_item> read_feed_items(const db::result& rows);

/// Adds the four parameters of a position.
void add_position(db::params& to, const feed_position& position);

} // namespace prism::reads
