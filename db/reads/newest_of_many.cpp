#include "db/reads/newest_of_many.hpp"

#include "db/pg/statement.hpp"

namespace prism::reads {

namespace {

// Accounts post unevenly: the more heads, the fewer items that are read in vain. An array is put in
// order, not a Sort: it holds heads or items of one page.
constexpr std::string_view pattern = R"sql(
  WITH originators AS MATERIALIZED ({originators}),
  heads AS MATERIALIZED (
    SELECT o.id, h.sort_at
    FROM originators o
    CROSS JOIN LATERAL (
      SELECT {time} AS sort_at
      FROM {rows} AND {time} <= $4
      ORDER BY {time} DESC
      LIMIT (SELECT greatest(1, 4 * $5::int8 / greatest(1, count(*))) FROM originators)
    ) h
  ),
  span AS MATERIALIZED (SELECT {nth_newest} AS begin FROM heads),
  items AS MATERIALIZED (
    SELECT o.id AS originator_id, i.*
    FROM (
      SELECT unnest(array_agg(DISTINCT id)) AS id
      FROM heads
      WHERE sort_at >= (SELECT begin FROM span)
      LIMIT (SELECT $7::int8)
    ) o
    CROSS JOIN LATERAL {items_of_span} i
    LIMIT $8
  )
  {select}
)sql";

constexpr std::string_view newest_items =
    "(SELECT * FROM items WHERE sort_at >= (SELECT {nth_newest} FROM items))";

constexpr std::string_view nth_newest =
    "coalesce((array_agg(sort_at ORDER BY sort_at DESC) FILTER (WHERE sort_at < $4))[$5::int8], "
    "'-infinity')";

} // namespace

const char* newest_of_many_sql(const newest_of_many& of) {
  const std::string_view items_of_span = db::compose_sql(
      items_between, {{"begin", "(SELECT begin FROM span)"}, {"wanted", "$5::int8"}});
  return db::compose_sql(pattern, {{"originators", of.originators},
                                   {"items_of_span", items_of_span},
                                   {"select", of.select},
                                   {"newest_items", newest_items},
                                   {"nth_newest", nth_newest},
                                   {"columns", of.columns},
                                   {"rows", of.rows},
                                   {"time", of.time}});
}

void add_span(db::params& to, const std::optional<list_cursor>& after, std::size_t wanted) {
  to.timestamptz(time_of(after))
      .int8(limit_param(wanted))
      .int8(limit_param(max_same_originator))
      .int8(limit_param(max_span_originators))
      .int8(limit_param(max_span_items));
}

} // namespace prism::reads
