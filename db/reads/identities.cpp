#include "db/reads/identities.hpp"

#include "db/pg/row_reader.hpp"

namespace prism::reads {

namespace {

// Index: users_did_key, did_documents_pkey.
const db::statement identity{"identity_by_did", R"sql(
  SELECT clock_timestamp(),
    CASE WHEN u.indexed_at IS NOT NULL AND u.status IS DISTINCT FROM 'deleted' THEN u.id END,
    coalesce(u.identity_place, 0), d.looked_up_at, d.found, d.handle, d.keys, d.services
  FROM (VALUES ($1::text)) AS n(did)
  LEFT JOIN users u ON u.did = n.did
  LEFT JOIN did_documents d ON d.user_id = u.id AND d.place = coalesce(u.identity_place, 0)
)sql"};

} // namespace

db::outcome<identity_reading> read_identity(db::executor& on, std::string_view did) {
  const auto rows = on.exec_prepared(identity, db::params{}.text(did));
  if (!rows)
    return tl::unexpected(rows.error());
  identity_reading out;
  out.wanted.did = did;
  auto published = std::make_shared<atproto::published_identity>();
  std::optional<db::micros> looked_up_at;
  db::row_reader(*rows, 0) >> db::timestamp(out.wanted.asked_at) >> out.wanted.account >>
      out.wanted.place >> db::timestamp(looked_up_at) >> published->exists >> published->handle >>
      published->keys >> published->services;
  if (!looked_up_at)
    return out;
  out.known = {std::move(published), *looked_up_at};
  out.age = out.wanted.asked_at - *looked_up_at;
  return out;
}

} // namespace prism::reads
