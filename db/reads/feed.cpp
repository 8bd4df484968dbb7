#include "db/reads/feed.hpp"

namespace prism::reads {

feed_position position_of(const feed_item& item) {
  return {item.sort_at, item.post_id, item.originator_id, item.repost_rkey};
}

std::vector<feed_item> read_feed_items(const db::result& rows) {
  std::vector<feed_item> out;
  out.reserve(rows.rows());
  for (std::size_t i = 0; i < rows.rows(); ++i)
    out.push_back({rows.get_int8(i, 0), std::string{rows.get_text(i, 1)},
                   rows.get_timestamptz(i, 2), rows.get_int8(i, 3),
                   std::string{rows.get_text(i, 4)}, std::string{rows.get_text(i, 5)},
                   std::string{rows.get_text(i, 6)}});
  return out;
}

void add_position(db::params& to, const feed_position& position) {
  to.timestamptz(position.sort_at)
      .int8(position.post_id)
      .int8(position.originator_id)
      .text(position.repost_rkey);
}

} // namespace prism::reads
