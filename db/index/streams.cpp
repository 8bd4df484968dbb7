#include "db/index/streams.hpp"

namespace prism::db {

namespace {

// What comes next from this service has a seq above its lowest cursor.
const statement rebase{"take_up_stream", R"sql(
  INSERT INTO streams AS s(service, base)
  SELECT $1, coalesce(max(o.base + c.seq), 0)
  FROM streams o
  JOIN firehose_cursor c ON c.service = o.service
  WHERE o.service <> $1
  ON CONFLICT (service) DO UPDATE
  SET began_at = now(), base = excluded.base - coalesce(
    (SELECT min(seq) FROM firehose_cursor WHERE service = $1), 0
  )
  WHERE s.base + coalesce((SELECT max(seq) FROM firehose_cursor WHERE service = $1), 0)
    < excluded.base
)sql"};

// The cursors are read as they were before they are deleted. Behind its own base as well: it may
// have begun anew before and read nothing since.
const statement begin_anew{"begin_stream_anew", R"sql(
  WITH gone AS (DELETE FROM firehose_cursor WHERE service = $1)
  INSERT INTO streams AS s(service, base)
  SELECT $1, coalesce(max(o.base + coalesce(c.seq, 0)), 0) + 1
  FROM streams o
  LEFT JOIN firehose_cursor c ON c.service = o.service
  ON CONFLICT (service) DO UPDATE
  SET began_at = now(), base = excluded.base
  RETURNING base
)sql"};

const statement read_base{"read_stream_base",
                          R"sql(SELECT base FROM streams WHERE service = $1)sql"};

} // namespace

outcome<bool> take_up_stream(executor& on, std::string_view service) {
  const auto done = on.exec_prepared(rebase, params{}.text(service));
  if (!done)
    return tl::unexpected(done.error());
  return done->affected_rows() > 0;
}

outcome<std::int64_t> stream_base(executor& on, std::string_view service) {
  const auto rows = on.exec_prepared(read_base, params{}.text(service));
  if (!rows)
    return tl::unexpected(rows.error());
  return rows->empty() ? 0 : rows->get_int8(0, 0);
}

outcome<std::int64_t> begin_stream_anew(executor& on, std::string_view service) {
  params key;
  key.text(service);
  const auto rows = on.exec_prepared(begin_anew, key);
  if (!rows)
    return tl::unexpected(rows.error());
  return rows->get_int8(0, 0);
}

} // namespace prism::db
