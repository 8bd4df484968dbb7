#include "db/reads/suggestions.hpp"

#include "db/pg/row_reader.hpp"
#include "db/reads/page.hpp"

namespace prism::reads {

namespace {

const db::statement select_follows{"suggested_follows", R"sql(
  SELECT s.position, s.did
  FROM suggested_follows s
  CROSS JOIN LATERAL (SELECT FROM users WHERE did = s.did LIMIT 1) u
  WHERE s.position > $1
  ORDER BY s.position
  LIMIT (SELECT $2::int8)
)sql"};

const db::statement select_feeds{"suggested_feeds", R"sql(
  SELECT position, uri
  FROM suggested_feeds
  WHERE position > $1
  ORDER BY position
  LIMIT (SELECT $2::int8)
)sql"};

const db::statement select_entities{"suggested_entities", R"sql(
  SELECT position, tag, subject, subject_type
  FROM suggested_entities
  WHERE position > $1
  ORDER BY position
  LIMIT (SELECT $2::int8)
)sql"};

template <class Row, class Read>
[[nodiscard]] outcome<std::vector<Row>> read(executor& on, const db::statement& from,
                                             suggestion_request asked, Read read_row) {
  db::params p;
  p.int8(asked.after).int8(limit_param(std::min(asked.limit, max_suggestions + 1)));
  const auto rows = on.exec_prepared(from, p);
  if (!rows)
    return tl::unexpected(rows.error());
  return db::read_rows<Row>(*rows, read_row);
}

void read_suggestion(suggestion& out, db::row_reader& row) {
  row >> out.position >> out.subject;
}

} // namespace

outcome<std::vector<suggestion>> suggested_follows(executor& on, suggestion_request asked) {
  return read<suggestion>(on, select_follows, asked, read_suggestion);
}

outcome<std::vector<suggestion>> suggested_feeds(executor& on, suggestion_request asked) {
  return read<suggestion>(on, select_feeds, asked, read_suggestion);
}

outcome<std::vector<tagged_suggestion>> suggested_entities(executor& on, suggestion_request asked) {
  return read<tagged_suggestion>(
      on, select_entities, asked, [](tagged_suggestion& out, db::row_reader& row) {
        row >> out.position >> out.tag >> out.subject >> out.subject_type;
      });
}

} // namespace prism::reads
