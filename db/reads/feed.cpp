#include "db/reads/feed.hpp"

#include "atproto/records/collection.hpp"
#include "db/batch/rebuild.hpp"
#include "db/batch/refs.hpp"
#include "db/pg/row_reader.hpp"

namespace prism::reads {

std::vector<feed_item> read_feed_items(const db::result& rows) {
  return db::read_rows<feed_item>(rows, [](feed_item& out, db::row_reader& row) {
    std::span<const std::byte> cid;
    std::string_view did;
    auto kind = atproto::collection::other;
    std::string_view rkey;
    std::string_view originator;
    std::optional<std::string_view> repost;
    row >> db::timestamp(out.sort_at) >> cid >> did >> kind >> rkey >> originator >> repost >>
        out.is_reply >> out.is_quote;
    out.cid = db::unpack_cid(cid);
    out.uri = db::uri_text(did, kind, rkey);
    if (repost)
      out.repost_uri = db::uri_text(originator, atproto::collection::repost, *repost);
  });
}

} // namespace prism::reads
