#include "db/index/reply_roots.hpp"

#include "db/index/ids.hpp"
#include "db/pg/row_reader.hpp"

namespace prism::db {

namespace {

// Rows of one place (those from before migration 0009 have place 0) are in the order of their ids.
const statement select_reply_versions{"reply_versions", R"sql(
  SELECT v.id, v.place, v.until, v.reply_root_id, v.reply_parent_id, v.invalid_reply_root,
    a.place, a.reply_root_id, a.reply_parent_id IS NOT NULL, coalesce(a.invalid_reply_root, true)
  FROM unnest($1::int8[]) AS i(id)
  JOIN post_versions v ON v.id = i.id AND v.reply_parent_id IS NOT NULL
  LEFT JOIN post_versions a ON a.id = v.reply_parent_id AND a.place <= v.place
    AND a.until > v.place AND (a.place, a.id) < (v.place, v.id)
)sql"};

// Each row stands behind the one it was found by, so the search ends; UNION drops what was found
// before.
const statement select_replies_below{"replies_below", R"sql(
  WITH RECURSIVE below(id, place, until) AS (
    SELECT r.id, r.place, r.until
    FROM unnest($1::int8[], $2::int8[], $3::int8[]) AS c(id, place, until)
    JOIN post_versions r ON r.reply_parent_id = c.id AND r.place >= c.place
      AND r.place < c.until AND (r.place, r.id) > (c.place, c.id)
    UNION
    SELECT r.id, r.place, r.until
    FROM below b
    JOIN post_versions r ON r.reply_parent_id = b.id AND r.place >= b.place
      AND r.place < b.until AND (r.place, r.id) > (b.place, b.id)
  )
  SELECT DISTINCT id
  FROM below
)sql"};

constexpr std::string_view update_sql = R"sql(
  UPDATE {table} p
  SET invalid_reply_root = n.invalid
  FROM unnest($1::int8[], $2::int8[], $3::bool[]) AS n(id, place, invalid)
  WHERE p.id = n.id AND p.place = n.place
)sql";
const statement update_reply_roots{"update_reply_roots",
                                   compose_sql(update_sql, {{"table", "posts"}})};
const statement update_past_reply_roots{"update_past_reply_roots",
                                        compose_sql(update_sql, {{"table", "past_posts"}})};

} // namespace

void reply_roots::add(const std::vector<reply_version>& replies) {
  for (const auto& each : replies) {
    const key at{each.place, each.id};
    const bool before = each.invalid;
    entries_.insert_or_assign(at, entry{each, before});
  }
}

std::vector<reply_roots::change> reply_roots::evaluate() {
  std::vector<change> out;
  for (auto& [at, each] : entries_) {
    each.now = is_invalid(each.version);
    if (each.now != each.version.invalid)
      out.push_back({each.version.id, each.version.place, each.version.until, each.now});
  }
  return out;
}

bool reply_roots::is_invalid(const reply_version& reply) const {
  if (!reply.parent)
    return true;
  const auto known = entries_.find({reply.parent->place, reply.parent_id});
  if (known == entries_.end() ? reply.parent->invalid : known->second.now)
    return true;
  return reply.root_id == reply.parent_id ? reply.parent->is_reply
                                          : reply.parent->root_id != reply.root_id;
}

void queue_select_reply_versions(pipeline& out, const std::vector<std::int64_t>& ids) {
  out.add(select_reply_versions, ids_param(ids));
}

std::vector<reply_version> read_reply_versions(const result& rows) {
  return read_rows<reply_version>(rows, [](reply_version& out, row_reader& row) {
    std::optional<stream_place> place;
    reply_version::parent_version parent{};
    row >> out.id >> out.place >> out.until >> out.root_id >> out.parent_id >> out.invalid >>
        place >> parent.root_id >> parent.is_reply >> parent.invalid;
    if (place) {
      parent.place = *place;
      out.parent = parent;
    }
  });
}

void queue_select_replies_below(pipeline& out, const std::vector<reply_roots::change>& changed) {
  params p;
  p.int8_array(changed, &reply_roots::change::id)
      .int8_array(changed, &reply_roots::change::place)
      .int8_array(changed, &reply_roots::change::until);
  out.add(select_replies_below, std::move(p));
}

void queue_update_reply_roots(pipeline& out, const std::vector<reply_roots::change>& changes) {
  params p;
  p.int8_array(changes, &reply_roots::change::id)
      .int8_array(changes, &reply_roots::change::place)
      .boolean_array(changes, &reply_roots::change::invalid);
  out.add(update_reply_roots, p);
  out.add(update_past_reply_roots, std::move(p));
}

} // namespace prism::db
