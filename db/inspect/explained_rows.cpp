#include "db/inspect/explained_rows.hpp"

#include "db/batch/refs.hpp"

#include <fmt/format.h>

namespace prism::db {

using atproto::collection;

namespace {

const statement user_by_did{"explain_user_by_did", R"sql(
  SELECT id, did, handle, handle_time, indexed_at, status, status_place, identity_place
  FROM users
  WHERE did = $1
)sql"};

const statement user_by_handle{"explain_user_by_handle", R"sql(
  SELECT id, did, handle, handle_time, indexed_at, status, status_place, identity_place
  FROM users
  WHERE handle = $1
)sql"};

const statement head{"explain_head",
                     R"sql(SELECT rev, commit_time FROM repos WHERE user_id = $1)sql"};

const statement tasks{"explain_identity_tasks", R"sql(
  SELECT kind, event_time, attempts, due_at, claimed, last_error
  FROM identity_tasks
  WHERE user_id = $1
)sql"};

const statement counts{"explain_user_counts", R"sql(
  SELECT format('%s followers, %s follows, %s posts', followers_count, follows_count, posts_count)
  FROM user_aggregates
  WHERE user_id = $1
)sql"};

const statement refused_record{"explain_refused_record", R"sql(
  SELECT collection, rkey, cid, reason, message, place, recorded_at
  FROM refused_records
  WHERE user_id = $1 AND collection = $2 AND rkey = $3
)sql"};

// Sorts what a repo may have: db/index/refused_records.hpp, max_refused_per_repo.
const statement refused_of_account{"explain_refused_of_account", R"sql(
  SELECT collection, rkey, cid, reason, message, place, recorded_at
  FROM refused_records
  WHERE user_id = $1
  ORDER BY place DESC
  LIMIT $2
)sql"};

const statement dead_letters_of_did{"explain_dead_letters_of_did", R"sql(
  SELECT id, seq, place, path, reason, sqlstate, created_at, false
  FROM dead_letters
  WHERE did = $1
  ORDER BY id DESC
  LIMIT $2
)sql"};

// A frame has the path as it is.
const statement dead_letters_of_path{"explain_dead_letters_of_path", R"sql(
  SELECT id, seq, place, path, reason, sqlstate, created_at,
    path = '' AND position(convert_to($2, 'UTF8') IN bytes) > 0
  FROM (
    (SELECT * FROM dead_letters WHERE did = $1 AND path = $2 ORDER BY id DESC LIMIT 5)
    UNION ALL
    (SELECT * FROM dead_letters WHERE did = $1 AND path = '' ORDER BY id DESC LIMIT 5)
  ) AS found
)sql"};

const statement parked{"explain_parked", R"sql(
  SELECT referent_id, parked_at, place
  FROM pending_ops
  WHERE creator_id = $1 AND collection = $2 AND rkey = $3
)sql"};

const statement parked_by{"explain_parked_by", R"sql(
  SELECT count(*)
  FROM (SELECT FROM pending_ops WHERE creator_id = $1 LIMIT $2) AS counted
)sql"};

const statement parked_for{"explain_parked_for", R"sql(
  SELECT count(*)
  FROM (SELECT FROM pending_ops WHERE referent_id = $1 LIMIT $2) AS counted
)sql"};

const statement find_uri{"explain_uri", R"sql(
  SELECT id
  FROM uris
  WHERE repo_id = $1 AND collection = $2 AND rkey = $3
)sql"};

const statement uri_parts_by_id{"explain_uri_by_id", R"sql(
  SELECT u.repo_id, (SELECT did FROM users o WHERE o.id = u.repo_id), u.collection, u.rkey
  FROM uris u
  WHERE u.id = $1
)sql"};

const statement did_of_id{"explain_did_by_id", R"sql(SELECT did FROM users WHERE id = $1)sql"};

const statement past_post{"explain_past_post", R"sql(
  SELECT place, until, recorded_at
  FROM past_posts
  WHERE id = $1
  ORDER BY place DESC
  LIMIT 1
)sql"};

const statement past_thread_gate{"explain_past_thread_gate", R"sql(
  SELECT place, until, recorded_at
  FROM past_thread_gates
  WHERE id = $1
  ORDER BY place DESC
  LIMIT 1
)sql"};

const statement past_post_gate{"explain_past_post_gate", R"sql(
  SELECT place, until, recorded_at
  FROM past_post_gates
  WHERE id = $1
  ORDER BY place DESC
  LIMIT 1
)sql"};

const statement block_between{"explain_block", R"sql(
  SELECT count(*)
  FROM blocks
  WHERE creator_id = $1 AND subject_id = $2 AND NOT duplicate
)sql"};

void read_account(explained_account& out, row_reader& row) {
  row >> out.id >> out.did >> out.handle >> timestamp(out.handle_time) >>
      timestamp(out.indexed_at) >> out.status >> out.status_place >> out.identity_place;
}

void read_refusal(explained_refusal& out, row_reader& row) {
  row >> out.collection >> out.rkey >> out.cid >> out.reason >> out.message >> out.place >>
      timestamp(out.recorded_at);
}

void read_dead_letter(explained_dead_letter& out, row_reader& row) {
  row >> out.id >> out.seq >> out.place >> out.path >> out.reason >> out.sqlstate >>
      timestamp(out.created_at) >> out.names_path;
}

[[nodiscard]] params path_params(std::int64_t account, collection kind, std::string_view rkey) {
  params p;
  p.int8(account).int2(static_cast<std::int16_t>(kind)).text(rkey);
  return p;
}

[[nodiscard]] params one(std::int64_t id) {
  params p;
  p.int8(id);
  return p;
}

[[nodiscard]] params one(std::string_view text) {
  params p;
  p.text(text);
  return p;
}

[[nodiscard]] params limited(std::int64_t id, std::int64_t limit) {
  params p;
  p.int8(id).int8(limit);
  return p;
}

[[nodiscard]] const statement* history_of(collection kind) noexcept {
  switch (kind) {
  case collection::post:
    return &past_post;
  case collection::thread_gate:
    return &past_thread_gate;
  case collection::post_gate:
    return &past_post_gate;
  default:
    return nullptr;
  }
}

} // namespace

std::optional<explained_account> account_of_did(lookup& in, std::string_view did) {
  return in.row<explained_account>(user_by_did, one(did), read_account);
}

std::optional<explained_account> account_of_handle(lookup& in, std::string_view handle) {
  return in.row<explained_account>(user_by_handle, one(handle), read_account);
}

std::optional<explained_head> head_of(lookup& in, std::int64_t account) {
  return in.row<explained_head>(head, one(account), [](explained_head& out, row_reader& row) {
    row >> out.rev >> timestamp(out.commit_time);
  });
}

std::vector<explained_task> tasks_of(lookup& in, std::int64_t account) {
  return in.rows<explained_task>(tasks, one(account), [](explained_task& out, row_reader& row) {
    row >> out.kind >> timestamp(out.event_time) >> out.attempts >> timestamp(out.due_at) >>
        out.claimed >> out.last_error;
  });
}

std::optional<std::string> counts_of(lookup& in, std::int64_t account) {
  return in.row<std::string>(counts, one(account),
                             [](std::string& out, row_reader& row) { row >> out; });
}

std::optional<explained_refusal> refusal_of(lookup& in, std::int64_t account, collection kind,
                                            std::string_view rkey) {
  return in.row<explained_refusal>(refused_record, path_params(account, kind, rkey), read_refusal);
}

std::string describe(const explained_refusal& what) {
  return what.message.starts_with(what.reason) ? what.message
                                               : fmt::format("{}: {}", what.reason, what.message);
}

std::vector<explained_refusal> refusals_of(lookup& in, std::int64_t account) {
  return in.rows<explained_refusal>(refused_of_account, limited(account, most_listed + 1),
                                    read_refusal);
}

std::vector<explained_dead_letter> dead_letters_of(lookup& in, std::string_view did) {
  auto p = one(did);
  p.int8(most_listed + 1);
  return in.rows<explained_dead_letter>(dead_letters_of_did, p, read_dead_letter);
}

std::vector<explained_dead_letter> dead_letters_of(lookup& in, std::string_view did,
                                                   std::string_view path) {
  auto p = one(did);
  p.text(path);
  return in.rows<explained_dead_letter>(dead_letters_of_path, p, read_dead_letter);
}

std::optional<explained_parked> parked_of(lookup& in, std::int64_t account, collection kind,
                                          std::string_view rkey) {
  return in.row<explained_parked>(parked, path_params(account, kind, rkey),
                                  [](explained_parked& out, row_reader& row) {
                                    row >> out.referent_id >> timestamp(out.parked_at) >> out.place;
                                  });
}

std::int64_t count_parked_by(lookup& in, std::int64_t account) {
  return in.number(parked_by, limited(account, most_counted));
}

std::int64_t count_parked_for(lookup& in, std::int64_t uri) {
  return in.number(parked_for, limited(uri, most_counted));
}

std::optional<std::int64_t> uri_of(lookup& in, std::int64_t account, collection kind,
                                   std::string_view rkey) {
  return in.row<std::int64_t>(find_uri, path_params(account, kind, rkey),
                              [](std::int64_t& out, row_reader& row) { row >> out; });
}

explained_uri uri_by_id(lookup& in, std::int64_t id) {
  return in
      .row<explained_uri>(uri_parts_by_id, one(id),
                          [](explained_uri& out, row_reader& row) {
                            std::string did;
                            std::string rkey;
                            auto kind = collection::other;
                            row >> out.repo_id >> did >> kind >> rkey;
                            out.text = uri_text(did, kind, rkey);
                          })
      .value_or(explained_uri{0, fmt::format("uri {}", id)});
}

std::string did_by_id(lookup& in, std::int64_t id) {
  return in
      .row<std::string>(did_of_id, one(id), [](std::string& out, row_reader& row) { row >> out; })
      .value_or(fmt::format("user {}", id));
}

bool has_history(collection kind) noexcept {
  return history_of(kind) != nullptr;
}

std::optional<explained_past> past_of(lookup& in, collection kind, std::int64_t uri) {
  const auto* past = history_of(kind);
  if (past == nullptr)
    return std::nullopt;
  return in.row<explained_past>(*past, one(uri), [](explained_past& out, row_reader& row) {
    row >> out.place >> out.until >> timestamp(out.recorded_at);
  });
}

bool blocks(lookup& in, std::int64_t who, std::int64_t whom) {
  params p;
  p.int8(who).int8(whom);
  return in.number(block_between, p) > 0;
}

} // namespace prism::db
