#include "db/accounts/did_documents.hpp"

#include <map>

namespace prism::db {

namespace {

// Index: users_pkey, did_documents_pkey.
const statement put_documents{"put_did_documents", R"sql(
  INSERT INTO did_documents AS d(user_id, place, looked_up_at, found, handle, keys, services)
  SELECT n.*
  FROM unnest(
    $1::int8[], $2::int8[], $3::timestamptz[], $4::bool[], $5::text[], $6::text[], $7::text[]
  ) AS n(user_id, place, looked_up_at, found, handle, keys, services)
  JOIN users u ON u.id = n.user_id
  WHERE u.indexed_at IS NOT NULL AND u.status IS DISTINCT FROM 'deleted'
  ORDER BY n.user_id
  ON CONFLICT (user_id) DO UPDATE
  SET place = excluded.place, looked_up_at = excluded.looked_up_at, found = excluded.found,
    handle = excluded.handle, keys = excluded.keys, services = excluded.services
  WHERE d.place < excluded.place
    OR d.place = excluded.place AND d.looked_up_at <= excluded.looked_up_at
)sql"};

using row_ref = const did_document_row*;

/// One row a user: a statement may not write a row twice.
[[nodiscard]] std::vector<row_ref> newest_of_each(const std::vector<did_document_row>& rows) {
  const auto age = [](row_ref row) { return std::pair{row->asked.place, row->asked.asked_at}; };
  std::map<std::int64_t, row_ref> newest;
  for (const auto& each : rows) {
    auto& slot = newest[each.asked.account];
    if (slot == nullptr || age(slot) <= age(&each))
      slot = &each;
  }
  std::vector<row_ref> out;
  for (const auto& [account, row] : newest)
    out.push_back(row);
  return out;
}

} // namespace

void queue_put_did_documents(pipeline& out, const std::vector<did_document_row>& rows) {
  if (rows.empty())
    return;
  const auto kept = newest_of_each(rows);
  params p;
  p.int8_array(kept, [](row_ref row) { return row->asked.account; })
      .int8_array(kept, [](row_ref row) { return row->asked.place; })
      .timestamptz_array(kept, [](row_ref row) { return row->asked.asked_at; })
      .boolean_array(kept, [](row_ref row) { return row->published->exists; })
      .text_array(
          kept, [](row_ref row) -> const auto& { return row->published->handle; })
      .text_array(
          kept, [](row_ref row) -> const auto& { return row->published->keys; })
      .text_array(
          kept, [](row_ref row) -> const auto& { return row->published->services; });
  out.add(put_documents, std::move(p));
}

} // namespace prism::db
