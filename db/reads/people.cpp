#include "db/reads/people.hpp"

namespace prism::reads {

namespace {

using atproto::collection;

const db::statement select_followers{
    "followers", db::compose_sql(R"sql(
  SELECT t.sort_at, t.cid, u.did, t.rkey, u.indexed_at IS NOT NULL
  FROM (SELECT id FROM users WHERE did = $1 LIMIT 1) o
  CROSS JOIN LATERAL ({newest_first}) t
  CROSS JOIN LATERAL (SELECT did, indexed_at FROM users WHERE id = t.creator_id LIMIT 1) u
)sql",
                                 {{"newest_first", newest_first},
                                  {"columns", "cid, creator_id, rkey"},
                                  {"rows", "follows WHERE subject_id = o.id AND NOT duplicate"},
                                  {"time", sort_time}})};

const db::statement select_follows{
    "follows", db::compose_sql(R"sql(
  SELECT t.sort_at, t.cid, o.did, t.rkey, u.indexed_at IS NOT NULL, u.did
  FROM (SELECT id, did FROM users WHERE did = $1 LIMIT 1) o
  CROSS JOIN LATERAL ({newest_first}) t
  CROSS JOIN LATERAL (SELECT did, indexed_at FROM users WHERE id = t.subject_id LIMIT 1) u
)sql",
                               {{"newest_first", newest_first},
                                {"columns", "cid, subject_id, rkey"},
                                {"rows", "follows WHERE creator_id = o.id AND NOT duplicate"},
                                {"time", sort_time}})};

} // namespace

outcome<record_page> followers(executor& on, std::string_view did, const page_request& page) {
  return list_records(
      on, select_followers, page, [&](std::size_t more) { return account_params(did, page, more); },
      [](listed_record& out, db::row_reader& row) {
        read_listed(out, row, collection::follow);
        row >> out.shown;
      });
}

outcome<record_page> follows(executor& on, std::string_view did, const page_request& page) {
  return list_records(
      on, select_follows, page, [&](std::size_t more) { return account_params(did, page, more); },
      [](listed_record& out, db::row_reader& row) {
        read_listed(out, row, collection::follow);
        row >> out.shown >> out.other;
      });
}

} // namespace prism::reads
