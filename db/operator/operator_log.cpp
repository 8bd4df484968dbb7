#include "db/operator/operator_log.hpp"

#include "core/printable.hpp"
#include "db/pg/row_reader.hpp"
#include "db/pg/statement.hpp"

namespace prism::db {

namespace {

const statement insert_crashes{"insert_crashes", R"sql(
  INSERT INTO crashes (node, at, actor, reason, last_message, restarts, waiting, handled, uptime_seconds)
  SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::bigint[],
    $7::bigint[], $8::bigint[], $9::bigint[])
)sql"};

const statement trim_crashes{"trim_crashes", R"sql(
  DELETE FROM crashes WHERE id <= (SELECT max(id) FROM crashes) - $1
)sql"};

const statement select_newest_crashes{"newest_crashes", R"sql(
  SELECT id, node, at, actor, reason, last_message, restarts, waiting, handled, uptime_seconds
  FROM crashes ORDER BY id DESC LIMIT $1
)sql"};

const statement insert_actions{"insert_operator_actions", R"sql(
  INSERT INTO operator_actions (node, at, who, address, action, arguments, why, result)
  SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[],
    $7::text[], $8::text[])
)sql"};

const statement trim_actions{"trim_operator_actions", R"sql(
  DELETE FROM operator_actions WHERE id <= (SELECT max(id) FROM operator_actions) - $1
)sql"};

const statement select_newest_actions{"newest_operator_actions", R"sql(
  SELECT id, node, at, who, address, action, arguments, why, result
  FROM operator_actions ORDER BY id DESC LIMIT $1
)sql"};

constexpr std::size_t max_text = 2'000;

/// What PostgreSQL takes, whatever it is, and not without end.
[[nodiscard]] std::string stored(const std::string& text) {
  return printable(text, max_text);
}

[[nodiscard]] outcome<void> write(executor& on, const statement& insert, const params& rows,
                                  const statement& trim, std::int64_t keep) {
  params limit;
  limit.int8(keep);
  const request both[]{{.prepared = &insert, .values = &rows},
                       {.prepared = &trim, .values = &limit}};
  const auto done = on.round_trip(both);
  if (!done)
    return tl::unexpected(done.error());
  return {};
}

} // namespace

outcome<void> store_crashes(executor& on, const std::vector<stored_crash>& rows) {
  params p;
  const auto text = [](auto member) {
    return [member](const stored_crash& row) { return stored(row.*member); };
  };
  p.text_array(rows, text(&stored_crash::node))
      .timestamptz_array(rows, &stored_crash::at)
      .text_array(rows, text(&stored_crash::actor))
      .text_array(rows, text(&stored_crash::reason))
      .text_array(rows, text(&stored_crash::last_message))
      .int8_array(rows, &stored_crash::restarts)
      .int8_array(rows, &stored_crash::waiting)
      .int8_array(rows, &stored_crash::handled)
      .int8_array(rows, &stored_crash::uptime_seconds);
  return write(on, insert_crashes, p, trim_crashes, max_stored_crashes);
}

outcome<void> store_actions(executor& on, const std::vector<operator_action>& rows) {
  params p;
  const auto text = [](auto member) {
    return [member](const operator_action& row) { return stored(row.*member); };
  };
  p.text_array(rows, text(&operator_action::node))
      .timestamptz_array(rows, &operator_action::at)
      .text_array(rows, text(&operator_action::who))
      .text_array(rows, text(&operator_action::address))
      .text_array(rows, text(&operator_action::action))
      .text_array(rows, text(&operator_action::arguments))
      .text_array(rows, text(&operator_action::why))
      .text_array(rows, text(&operator_action::result));
  return write(on, insert_actions, p, trim_actions, max_stored_actions);
}

outcome<std::vector<stored_crash>> newest_crashes(executor& on, std::int64_t limit) {
  params p;
  p.int8(limit);
  const auto rows = on.exec_prepared(select_newest_crashes, p);
  if (!rows)
    return tl::unexpected(rows.error());
  std::vector<stored_crash> out(rows->rows());
  for (std::size_t i = 0; i < rows->rows(); ++i)
    row_reader(*rows, i) >> out[i].id >> out[i].node >> timestamp(out[i].at) >> out[i].actor >>
        out[i].reason >> out[i].last_message >> out[i].restarts >> out[i].waiting >>
        out[i].handled >> out[i].uptime_seconds;
  return out;
}

outcome<std::vector<operator_action>> newest_actions(executor& on, std::int64_t limit) {
  params p;
  p.int8(limit);
  const auto rows = on.exec_prepared(select_newest_actions, p);
  if (!rows)
    return tl::unexpected(rows.error());
  std::vector<operator_action> out(rows->rows());
  for (std::size_t i = 0; i < rows->rows(); ++i)
    row_reader(*rows, i) >> out[i].id >> out[i].node >> timestamp(out[i].at) >> out[i].who >>
        out[i].address >> out[i].action >> out[i].arguments >> out[i].why >> out[i].result;
  return out;
}

} // namespace prism::db
