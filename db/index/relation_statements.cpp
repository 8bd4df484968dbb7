#include "db/index/relation_table.hpp"

namespace prism::db {

namespace {

constexpr std::string_view remove_sql = R"sql(
  DELETE FROM {table} t
  USING unnest($1::int8[], $2::text[], $3::int8[]) AS d(creator_id, rkey, before)
  WHERE t.creator_id = d.creator_id AND t.rkey = d.rkey AND t.place < d.before
  RETURNING {columns_of_t}, t.duplicate
)sql";

// Two duplicates of one place are one version in the history, valid until the later of them ended.
// ON CONFLICT may update a row only once per statement, hence GROUP BY.
constexpr std::string_view remove_into_history_sql = R"sql(
  WITH gone AS (
    DELETE FROM {table} t
    USING unnest($1::int8[], $2::text[], $3::int8[], $4::int8[])
      AS d(creator_id, rkey, before, until)
    WHERE t.creator_id = d.creator_id AND t.rkey = d.rkey AND t.place < d.before
    RETURNING {columns_of_t}, t.duplicate, d.until
  ),
  kept AS (
    INSERT INTO past_pairs(first_id, second_id, collection, place, until)
    SELECT {history_first}, {history_second}, {history_collection}, place, max(until)
    FROM gone
    GROUP BY {history_first}, {history_second}, place
    ON CONFLICT (first_id, second_id, collection, place) DO UPDATE
    SET until = excluded.until, recorded_at = excluded.recorded_at
    WHERE past_pairs.until < excluded.until
  )
  SELECT {columns}, duplicate
  FROM gone
)sql";

// OFFSET 0, as LIMIT below: each subject is looked for in the index. A join would be planned as one
// with the whole index of duplicates, as long as there are few of them.
constexpr std::string_view remove_by_subject_sql = R"sql(
  WITH d AS (SELECT unnest($1::int8[]) AS id),
  k AS (
    SELECT t.creator_id, t.rkey
    FROM d
    CROSS JOIN LATERAL (
      SELECT creator_id, rkey FROM {table} WHERE {first} = d.id AND NOT duplicate OFFSET 0
    ) t
    UNION ALL
    SELECT t.creator_id, t.rkey
    FROM d
    CROSS JOIN LATERAL (
      SELECT creator_id, rkey FROM {table} WHERE {first} = d.id AND duplicate OFFSET 0
    ) t
  )
  DELETE FROM {table} t
  USING k
  WHERE t.creator_id = k.creator_id AND t.rkey = k.rkey
  RETURNING {columns_of_t}, t.duplicate
)sql";

constexpr std::string_view insert_sql = R"sql(
  WITH n AS (SELECT * FROM unnest({arrays}) AS n({columns})),
  inserted AS (
    SELECT n.*
    FROM n
    WHERE NOT EXISTS (
      SELECT FROM {table} t WHERE t.creator_id = n.creator_id AND t.rkey = n.rkey
    )
  ),
  ranked AS (
    SELECT f.*,
      row_number() OVER (PARTITION BY {first}, {second} ORDER BY place, rkey) > 1
      OR EXISTS (
        SELECT FROM {table} t
        WHERE t.{first} = f.{first} AND t.{second} = f.{second} AND NOT t.duplicate
      ) AS duplicate
    FROM inserted f
  )
  INSERT INTO {table} AS t ({columns}, duplicate)
  SELECT {columns}, duplicate
  FROM ranked
  ORDER BY {first}, {second}
  ON CONFLICT (creator_id, rkey) DO NOTHING
  RETURNING {columns_of_t}, t.duplicate
)sql";

constexpr std::string_view promote_sql = R"sql(
  WITH p AS (SELECT DISTINCT * FROM unnest($1::int8[], $2::int8[]) AS p({first}, {second})),
  w AS (
    SELECT t.creator_id, t.rkey
    FROM p
    CROSS JOIN LATERAL (
      SELECT creator_id, rkey
      FROM {table}
      WHERE {first} = p.{first} AND {second} = p.{second} AND duplicate
      ORDER BY place, rkey
      LIMIT 1
    ) t
    WHERE NOT EXISTS (
      SELECT FROM {table} x
      WHERE x.{first} = p.{first} AND x.{second} = p.{second} AND NOT x.duplicate
    )
  )
  UPDATE {table} t
  SET duplicate = false
  FROM w
  WHERE t.creator_id = w.creator_id AND t.rkey = w.rkey
  RETURNING {columns_of_t}, t.duplicate
)sql";

constexpr std::string_view subjects_of_sql = R"sql(
  WITH d AS (SELECT * FROM unnest($1::int8[], $2::text[]) AS d(creator_id, rkey))
  SELECT t.{first}
  FROM {table} t
  JOIN d ON t.creator_id = d.creator_id AND t.rkey = d.rkey
  UNION ALL
  SELECT t.referent_id
  FROM pending_ops t
  JOIN d ON t.creator_id = d.creator_id AND t.collection = $3 AND t.rkey = d.rkey
)sql";

constexpr std::string_view paths_of_sql = R"sql(
  SELECT rkey
  FROM {table}
  WHERE creator_id = $1 AND place <= $2
  ORDER BY rkey
  LIMIT $3
)sql";

[[nodiscard]] statement make(const relation_shape& shape, std::string_view verb,
                             std::string_view pattern) {
  const auto lists = lists_of(shape.columns);
  const auto history = shape.history.value_or(past_pair{"", "", ""});
  return {compose_sql("{table}_{verb}", {{"table", shape.table}, {"verb", verb}}),
          compose_sql(pattern, {{"table", shape.table},
                                {"columns", lists.names},
                                {"columns_of_t", lists.of_t},
                                {"arrays", lists.arrays},
                                {"first", shape.first.name},
                                {"second", shape.second.name},
                                {"history_first", history.first},
                                {"history_second", history.second},
                                {"history_collection", history.collection}})};
}

} // namespace

relation_table::relation_table(relation_shape of)
    : shape(std::move(of)),
      remove(make(shape, "remove", shape.history ? remove_into_history_sql : remove_sql)),
      remove_by_subject(make(shape, "remove_by_subject", remove_by_subject_sql)),
      insert(make(shape, "insert", insert_sql)), promote(make(shape, "promote", promote_sql)),
      subjects_of(make(shape, "subjects_of", subjects_of_sql)),
      paths_of(make(shape, "paths_of", paths_of_sql)) {}

} // namespace prism::db
