#include "db/reads/feed.hpp"

#include "atproto/records/collection.hpp"
#include "db/batch/rebuild.hpp"
#include "db/pg/row_reader.hpp"
#include "db/reads/ids.hpp"

namespace prism::reads {

std::vector<feed_item> read_feed_items(const db::result& rows) {
  return db::read_rows<feed_item>(rows, [](feed_item& out, db::row_reader& row) {
    std::span<const std::byte> cid;
    row >> db::timestamp(out.sort_at) >> cid >> out.post_id >> out.originator_id >>
        out.repost_rkey >> out.is_reply >> out.is_quote;
    out.cid = db::unpack_cid(cid);
  });
}

outcome<feed_page> with_uris(session& on, feed_page page) {
  ids posts;
  ids reposters;
  for (const auto& each : page.rows) {
    posts.push_back(each.post_id);
    if (!each.repost_rkey.empty())
      reposters.push_back(each.originator_id);
  }
  auto uris = uris_of_ids(on, std::move(posts));
  if (!uris)
    return tl::unexpected(uris.error());
  auto dids = dids_of_ids(on, std::move(reposters));
  if (!dids)
    return tl::unexpected(dids.error());
  for (auto& each : page.rows) {
    each.uri = (*uris)[each.post_id];
    if (!each.repost_rkey.empty())
      each.repost_uri =
          db::uri_text((*dids)[each.originator_id], atproto::collection::repost, each.repost_rkey);
  }
  return page;
}

} // namespace prism::reads
