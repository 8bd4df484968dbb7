#include "db/uri_texts.hpp"

#include "db/refs.hpp"

namespace prism::db {

namespace {

constexpr statement uri_texts{"uri_texts",
                              "SELECT u.id, o.did, u.collection, u.rkey FROM uris u "
                              "LEFT JOIN users o ON o.id = u.repo_id WHERE u.id = ANY($1)"};

} // namespace

outcome<std::unordered_map<std::int64_t, std::string>>
select_uri_texts(executor& on, const std::vector<std::int64_t>& ids) {
  params p;
  p.int8_array(ids);
  const auto rows = on.exec_prepared(uri_texts, p);
  if (!rows)
    return tl::unexpected(rows.error());
  std::unordered_map<std::int64_t, std::string> out;
  for (std::size_t i = 0; i < rows->rows(); ++i)
    out.emplace(rows->get_int8(i, 0),
                uri_text(rows->get_text(i, 1), static_cast<atproto::collection>(rows->get_int2(i, 2)),
                         rows->get_text(i, 3)));
  return out;
}

} // namespace prism::db
