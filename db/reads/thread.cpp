#include "db/reads/thread.hpp"

#include "atproto/records/collection.hpp"
#include "db/batch/refs.hpp"
#include "db/pg/row_reader.hpp"
#include "db/reads/op_reply_rows.hpp"
#include "db/reads/stored_records.hpp"
#include "db/reads/uri_args.hpp"

#include <array>

namespace prism::reads {

namespace {

// Rows come in the order in which they are found, from the post upwards. UNION ends a circle.
const db::statement select_above{"thread_above", db::compose_sql(R"sql(
  WITH RECURSIVE chain(id, parent_id, creator_id) AS (
    SELECT p.id, p.reply_parent_id, p.creator_id
    FROM {asked_uris}
    CROSS JOIN LATERAL (SELECT * FROM posts WHERE id = asked.id LIMIT 1) p
    UNION
    SELECT p.id, p.reply_parent_id, p.creator_id
    FROM chain c
    CROSS JOIN LATERAL (SELECT * FROM posts WHERE id = c.parent_id LIMIT 1) p
  )
  SELECT a.did, u.rkey
  FROM chain c
  CROSS JOIN LATERAL (SELECT rkey FROM uris WHERE id = c.id LIMIT 1) u
  CROSS JOIN LATERAL (SELECT did FROM users WHERE id = c.creator_id LIMIT 1) a
  LIMIT $4
)sql",
                                                                 {{"asked_uris", asked_uris}})};

// Its limits are not known to the planner, which would expect as many rows at each depth, and would
// compile the plan (JIT) for seconds. A post answers one other, so a circle below the post can only
// come back to the post itself.
const db::statement select_below{"thread_below", db::compose_sql(R"sql(
  WITH RECURSIVE replies(id, creator_id, sort_at, depth, top) AS (
    SELECT p.id, p.creator_id, least(p.created_at, p.commit_time), 1::int8, asked.id
    FROM {asked_uris}
    CROSS JOIN LATERAL (
      SELECT *
      FROM posts
      WHERE reply_parent_id = asked.id AND id <> asked.id
      ORDER BY place DESC
      LIMIT (SELECT $5::int8)
    ) p
    WHERE $4 > 0
    UNION ALL
    SELECT p.id, p.creator_id, least(p.created_at, p.commit_time), r.depth + 1, r.top
    FROM replies r
    CROSS JOIN LATERAL (
      SELECT *
      FROM posts
      WHERE reply_parent_id = r.id AND id <> r.top
      ORDER BY place DESC
      LIMIT (SELECT $5::int8)
    ) p
    WHERE r.depth < $4
  )
  SELECT a.did, u.rkey, r.sort_at
  FROM (SELECT * FROM replies LIMIT (SELECT $5::int8)) r
  CROSS JOIN LATERAL (SELECT rkey FROM uris WHERE id = r.id LIMIT 1) u
  CROSS JOIN LATERAL (SELECT did FROM users WHERE id = r.creator_id LIMIT 1) a
)sql",
                                                                 {{"asked_uris", asked_uris}})};

// Also of a post that is not indexed: then it is the root.
constexpr std::string_view root_of_post = R"sql(
  (
    SELECT coalesce(p.reply_root_id, asked.id) AS id
    FROM {asked_uris}
    LEFT JOIN LATERAL (SELECT reply_root_id FROM posts WHERE id = asked.id LIMIT 1) p ON true
    LIMIT 1
  ) n
)sql";

const db::statement select_op_replies{"thread_op_replies",
                                      db::compose_sql(op_replies_sql, {{"roots", root_of_post},
                                                                       {"asked_uris", asked_uris},
                                                                       {"per_root", "$4"},
                                                                       {"in_all", "$5"}})};

// In one call the AppView asks for the posts of a thread, those that they quote, and those that
// these quote.
constexpr std::size_t max_asked_next = 3 * (1 + max_thread_height + max_thread_replies);
static_assert(max_asked_next <= max_arguments && max_asked_next <= db::max_record_paths);

struct reply {
  std::string uri;
  micros sort_at{0};
};

[[nodiscard]] std::string post_uri_of(db::row_reader& row) {
  std::string_view did;
  std::string_view rkey;
  row >> did >> rkey;
  return db::uri_text(did, atproto::collection::post, rkey);
}

} // namespace

outcome<thread> read_thread(executor& on, std::string_view post_uri, std::int64_t above,
                            std::int64_t below) {
  const auto bounded = [](std::int64_t levels, std::size_t most) {
    return std::clamp<std::int64_t>(levels, 0, static_cast<std::int64_t>(most));
  };
  const std::array uri{post_uri};
  db::params of_above;
  add_uris(of_above, uri, std::identity{});
  of_above.int8(bounded(above, max_thread_height) + 1);
  db::params of_below;
  add_uris(of_below, uri, std::identity{});
  of_below.int8(bounded(below, max_thread_depth)).int8(limit_param(max_thread_replies));
  db::params of_op;
  add_uris(of_op, uri, std::identity{});
  add_op_bounds(of_op);
  const std::array requests{db::request{&select_above, nullptr, &of_above},
                            db::request{&select_below, nullptr, &of_below},
                            db::request{&select_op_replies, nullptr, &of_op}};
  const auto found = on.round_trip(requests);
  if (!found)
    return tl::unexpected(found.error());
  thread out;
  out.uris = db::read_rows<std::string>(
      (*found)[0], [](std::string& to, db::row_reader& row) { to = post_uri_of(row); });
  auto replies = db::read_rows<reply>((*found)[1], [](reply& to, db::row_reader& row) {
    to.uri = post_uri_of(row);
    row >> db::timestamp(to.sort_at);
  });
  std::ranges::stable_sort(replies, std::greater<>{}, &reply::sort_at);
  for (auto& each : replies)
    out.uris.push_back(std::move(each.uri));
  if (auto threads = read_op_threads((*found)[2]); !threads.empty())
    out.op_thread = std::move(threads.front().uris);
  return out;
}

} // namespace prism::reads
