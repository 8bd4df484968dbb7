#include "db/index/history.hpp"

#include "db/batch/sql_text.hpp"

namespace prism::db {

namespace {

const statement keep_posts{"keep_posts", R"sql(
  INSERT INTO past_posts(
    id, place, until, creator_id, reply_root_id, reply_parent_id, invalid_reply_root, facets
  )
  SELECT id, place, until, creator_id, root, parent, false, facets::jsonb
  FROM unnest(
    $1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::int8[], $6::int8[],
    $7::text[]
  ) AS n(id, place, until, creator_id, root, parent, facets)
  ON CONFLICT DO NOTHING
)sql"};

const statement keep_thread_gates{"keep_thread_gates", R"sql(
  INSERT INTO past_thread_gates(
    id, place, until, creator_id, allows, allow_lists, hidden_replies
  )
  SELECT id, place, until, creator_id, allows, lists::int8[], hidden::int8[]
  FROM unnest(
    $1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::int2[], $6::text[],
    $7::text[]
  ) AS n(id, place, until, creator_id, allows, lists, hidden)
  ON CONFLICT DO NOTHING
)sql"};

const statement keep_post_gates{"keep_post_gates", R"sql(
  INSERT INTO past_post_gates(id, place, until, creator_id, embedding_disabled)
  SELECT *
  FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::bool[])
  ON CONFLICT DO NOTHING
)sql"};

// Two duplicates of one place are one version, valid until the later of them ended. ON CONFLICT may
// update a row only once per statement, hence GROUP BY.
const statement keep_pairs{"keep_pairs", R"sql(
  INSERT INTO past_pairs(first_id, second_id, collection, place, until)
  SELECT first_id, second_id, $1, place, max(until)
  FROM unnest($2::int8[], $3::int8[], $4::int8[], $5::int8[]) AS n(
    first_id, second_id, place, until
  )
  GROUP BY first_id, second_id, place
  ON CONFLICT (first_id, second_id, collection, place) DO UPDATE
  SET until = excluded.until, recorded_at = excluded.recorded_at
  WHERE past_pairs.until < excluded.until
)sql"};

/// Reads one member of the row of a version.
template <class Row, class Member>
[[nodiscard]] auto of(Member Row::*member) {
  return [member](const past_version<Row>& each) -> const Member& { return each.row.*member; };
}

/// The first parameters of every version.
template <class Row>
void add_places(params& p, const std::vector<past_version<Row>>& versions) {
  p.int8_array(versions, of(&Row::place)).int8_array(versions, &past_version<Row>::until);
}

void add_pairs(pipeline& out, atproto::collection kind,
               const std::vector<past_version<relation>>& versions, std::int64_t relation::*first,
               std::int64_t relation::*second) {
  if (versions.empty())
    return;
  params p;
  p.int2(static_cast<std::int16_t>(kind));
  p.int8_array(versions, of(first)).int8_array(versions, of(second));
  add_places(p, versions);
  out.add(keep_pairs, std::move(p));
}

} // namespace

void queue_insert_history(pipeline& out, const batch_history& history) {
  if (const auto& posts = history.posts; !posts.empty()) {
    params p;
    p.int8_array(posts, of(&post::id));
    add_places(p, posts);
    p.int8_array(posts, of(&post::creator_id))
        .int8_array(posts, of(&post::reply_root_id))
        .int8_array(posts, of(&post::reply_parent_id))
        .text_array(posts, [](const past_version<post>& each) { return each.row.columns.facets; });
    out.add(keep_posts, std::move(p));
  }
  if (const auto& gates = history.thread_gates; !gates.empty()) {
    params p;
    p.int8_array(gates, of(&document::id));
    add_places(p, gates);
    p.int8_array(gates, of(&document::creator_id))
        .int2_array(gates, of(&document::allows))
        .text_array(gates, [](const auto& each) { return sql_ids(each.row.first_ids); })
        .text_array(gates, [](const auto& each) { return sql_ids(each.row.second_ids); });
    out.add(keep_thread_gates, std::move(p));
  }
  if (const auto& gates = history.post_gates; !gates.empty()) {
    params p;
    p.int8_array(gates, of(&document::id));
    add_places(p, gates);
    p.int8_array(gates, of(&document::creator_id))
        .boolean_array(gates, of(&document::embedding_disabled));
    out.add(keep_post_gates, std::move(p));
  }
  add_pairs(out, atproto::collection::follow, history.follows, &relation::creator_id,
            &relation::subject_id);
  add_pairs(out, atproto::collection::list_item, history.list_items, &relation::list_id,
            &relation::subject_id);
}

} // namespace prism::db
