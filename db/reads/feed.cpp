#include "db/reads/feed.hpp"

#include "db/pg/row_reader.hpp"

namespace prism::reads {

feed_position position_of(const feed_item& item) {
  return {item.sort_at, item.post_id, item.originator_id, item.repost_rkey};
}

std::vector<feed_item> read_feed_items(const db::result& rows) {
  return db::read_rows<feed_item>(rows, [](feed_item& out, db::row_reader& row) {
    row >> out.originator_id >> out.originator_did >> db::timestamp(out.sort_at) >> out.post_id >>
        out.post_did >> out.post_rkey >> out.repost_rkey;
  });
}

void add_position(db::params& to, const feed_position& position) {
  to.timestamptz(position.sort_at)
      .int8(position.post_id)
      .int8(position.originator_id)
      .text(position.repost_rkey);
}

} // namespace prism::reads
