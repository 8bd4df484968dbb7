#include "db/reads/feed.hpp"

#include "atproto/records/collection.hpp"
#include "db/batch/rebuild.hpp"
#include "db/pg/row_reader.hpp"
#include "db/reads/ids.hpp"

namespace prism::reads {

outcome<std::vector<feed_item>> read_feed_items(session& on, const db::result& rows) {
  auto out = db::read_rows<feed_item>(rows, [](feed_item& item, db::row_reader& row) {
    std::span<const std::byte> cid;
    row >> db::timestamp(item.sort_at) >> cid >> item.post_id >> item.originator_id >>
        item.repost_rkey >> item.is_reply >> item.is_quote;
    item.cid = db::unpack_cid(cid);
  });
  ids posts;
  ids reposters;
  for (const auto& each : out) {
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
  for (auto& each : out) {
    each.uri = (*uris)[each.post_id];
    if (!each.repost_rkey.empty())
      each.repost_uri =
          db::uri_text((*dids)[each.originator_id], atproto::collection::repost, each.repost_rkey);
  }
  return out;
}

} // namespace prism::reads
