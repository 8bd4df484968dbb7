#include "db/dead_letters/dead_letters.hpp"

#include "db/index/ids.hpp"

#include "db/pg/row_reader.hpp"

#include <algorithm>

namespace prism::db {

namespace {

const statement insert_dead_letter{"insert_dead_letter", R"sql(
  INSERT INTO dead_letters(service, seq, place, did, path, reason, sqlstate, bytes)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
  ON CONFLICT (service, seq, path) DO NOTHING
)sql"};

// Index: dead_letters_place.
const statement select_dead_letters_of_frame{"dead_letters_of_frame", R"sql(
  SELECT path, reason, sqlstate
  FROM dead_letters
  WHERE service = $1 AND seq = $2
  ORDER BY path
)sql"};

// Index: primary key.
const statement list_dead_letter_rows{"list_dead_letters", R"sql(
  SELECT id, service, seq, did, path, reason, sqlstate, length(bytes)::int8, created_at
  FROM dead_letters
  WHERE id > $1
  ORDER BY id
  LIMIT $2
)sql"};

const statement select_dead_letter_bytes{
    "dead_letter_bytes",
    R"sql(SELECT substring(bytes FROM 1 FOR $2::int) FROM dead_letters WHERE id = $1)sql"};

const statement delete_dead_letter_rows{
    "discard_dead_letters", R"sql(DELETE FROM dead_letters WHERE id = ANY($1) RETURNING id)sql"};

} // namespace

outcome<void> store_dead_letter(executor& on, const dead_letter& letter) {
  params p;
  p.text(letter.service)
      .int8(letter.seq)
      .int8(letter.place)
      .text(letter.did)
      .text(letter.path)
      .text(letter.reason)
      .text(letter.sqlstate)
      .bytea(letter.bytes);
  if (auto done = on.exec_prepared(insert_dead_letter, p); !done)
    return tl::unexpected(done.error());
  return {};
}

outcome<std::vector<refused_part>> dead_letters_of_frame(executor& on, const std::string& service,
                                                         std::int64_t seq) {
  params p;
  p.text(service).int8(seq);
  const auto rows = on.exec_prepared(select_dead_letters_of_frame, p);
  if (!rows)
    return tl::unexpected(rows.error());
  return read_rows<refused_part>(*rows, [](refused_part& part, row_reader& row) {
    row >> part.path >> part.reason >> part.sqlstate;
  });
}

outcome<std::vector<dead_letter_summary>> list_dead_letters(executor& on, std::int64_t after,
                                                            std::int64_t limit) {
  params p;
  p.int8(after).int8(std::clamp<std::int64_t>(limit, 1, max_listed_dead_letters));
  const auto rows = on.exec_prepared(list_dead_letter_rows, p);
  if (!rows)
    return tl::unexpected(rows.error());
  return read_rows<dead_letter_summary>(*rows, [](dead_letter_summary& letter, row_reader& row) {
    row >> letter.id >> letter.service >> letter.seq >> letter.did >> letter.path >>
        letter.reason >> letter.sqlstate >> letter.bytes >> timestamp(letter.created_at);
  });
}

outcome<std::vector<std::byte>> dead_letter_bytes(executor& on, std::int64_t id,
                                                  std::int64_t limit) {
  params p;
  p.int8(id).int8(limit);
  const auto rows = on.exec_prepared(select_dead_letter_bytes, p);
  if (!rows)
    return tl::unexpected(rows.error());
  std::vector<std::byte> out;
  if (rows->rows() > 0)
    row_reader(*rows, 0) >> out;
  return out;
}

outcome<discard_result> discard_dead_letters(executor& on, const std::vector<std::int64_t>& ids) {
  const auto rows = on.exec_prepared(delete_dead_letter_rows, ids_param(ids));
  if (!rows)
    return tl::unexpected(rows.error());
  discard_result out;
  for (std::size_t i = 0; i < rows->rows(); ++i)
    out.ids.push_back(rows->get_int8(i, 0));
  return out;
}

} // namespace prism::db
