#include "db/inspect/stored_row.hpp"

#include <array>

namespace prism::db {

using atproto::collection;

namespace {

constexpr std::string_view by_path = R"sql(
  SELECT place, commit_time, duplicate, {uri}, {user}
  FROM {table}
  WHERE creator_id = $1 AND rkey = $2
)sql";

// LATERAL and LIMIT: the pair is looked for in the index of counted rows, however few there are.
constexpr std::string_view counted_sql = R"sql(
  SELECT t.rkey, t.place
  FROM (SELECT {first}, {second} FROM {table} WHERE creator_id = $1 AND rkey = $2 LIMIT 1) d
  CROSS JOIN LATERAL (
    SELECT rkey, place
    FROM {table}
    WHERE {first} = d.{first} AND {second} = d.{second} AND NOT duplicate
    LIMIT 1
  ) t
)sql";

/// A table of relations, with the columns of its references and of its pair.
struct relation_lookup {
  relation_lookup(collection of, const char* name, const char* uri, const char* user,
                  const char* first, const char* second)
      : kind(of),
        table(name), find{compose_sql("explain_{table}", {{"table", name}}),
                          compose_sql(by_path, {{"table", name}, {"uri", uri}, {"user", user}})},
        find_counted{
            compose_sql("explain_counted_{table}", {{"table", name}}),
            compose_sql(counted_sql, {{"table", name}, {"first", first}, {"second", second}})} {}

  collection kind;
  const char* table;
  statement find;         ///< $1: creator, $2: rkey
  statement find_counted; ///< the same
};

constexpr const char* none = "NULL::int8";

const std::array relations{
    relation_lookup{collection::like, "likes", "subject_id", none, "subject_id", "creator_id"},
    relation_lookup{collection::repost, "reposts", "subject_id", none, "subject_id", "creator_id"},
    relation_lookup{collection::follow, "follows", none, "subject_id", "subject_id", "creator_id"},
    relation_lookup{collection::block, "blocks", none, "subject_id", "subject_id", "creator_id"},
    relation_lookup{collection::list_item, "list_items", "list_id", "subject_id", "list_id",
                    "subject_id"},
    relation_lookup{collection::list_block, "list_blocks", "list_id", none, "list_id",
                    "creator_id"},
    relation_lookup{collection::reference_list_opt_out, "reference_list_opt_outs", "list_id", none,
                    "list_id", "creator_id"},
    relation_lookup{collection::verification, "verifications", none, "subject_id", "subject_id",
                    "creator_id"}};

constexpr std::string_view by_uri = R"sql(
  SELECT place, commit_time FROM {table} WHERE id = $1
)sql";

constexpr std::string_view by_creator = R"sql(
  SELECT place, commit_time FROM {table} WHERE creator_id = $1 AND rkey = $2
)sql";

/// A table of documents.
struct document_lookup {
  document_lookup(collection of, const char* name, std::string_view pattern)
      : kind(of), table(name), find{compose_sql("explain_{table}", {{"table", name}}),
                                    compose_sql(pattern, {{"table", name}})} {}

  collection kind;
  const char* table;
  statement find;
};

const std::array documents_by_uri{
    document_lookup{collection::post, "posts", by_uri},
    document_lookup{collection::list, "lists", by_uri},
    document_lookup{collection::feed_generator, "feed_generators", by_uri},
    document_lookup{collection::starter_pack, "starter_packs", by_uri},
    document_lookup{collection::thread_gate, "thread_gates", by_uri},
    document_lookup{collection::post_gate, "post_gates", by_uri}};

const std::array documents_by_creator{document_lookup{collection::profile, "profiles", by_creator},
                                      document_lookup{collection::status, "statuses", by_creator},
                                      document_lookup{collection::labeler, "labelers", by_creator}};

const statement declaration{"explain_declarations", R"sql(
  SELECT place, commit_time
  FROM declarations
  WHERE creator_id = $1 AND rkey = $2 AND collection = $3
)sql"};

const statement select_post{"explain_post", R"sql(
  SELECT p.reply_root_id, p.reply_parent_id, p.quoted_id, coalesce(p.invalid_reply_root, false),
    coalesce(p.violates_thread_gate, false), coalesce(p.violates_embedding_rules, false),
    (SELECT place FROM thread_gates WHERE id = p.reply_root_id),
    coalesce(
      (SELECT p.id = ANY(hidden_replies) FROM thread_gates WHERE id = p.reply_root_id), false
    ),
    (SELECT place FROM post_gates WHERE id = p.quoted_id),
    coalesce((SELECT p.id = ANY(detached) FROM post_gates WHERE id = p.quoted_id), false),
    (
      SELECT format(
        '%s likes, %s reposts, %s replies, %s quotes', like_count, repost_count, reply_count,
        quote_count
      )
      FROM post_aggregates
      WHERE post_id = p.id
    )
  FROM posts p
  WHERE p.id = $1
)sql"};

template <class Tables>
[[nodiscard]] auto find_in(const Tables& tables, collection kind) -> decltype(tables.data()) {
  for (const auto& each : tables)
    if (each.kind == kind)
      return &each;
  return nullptr;
}

[[nodiscard]] params path_params(std::int64_t account, std::string_view rkey) {
  params p;
  p.int8(account).text(rkey);
  return p;
}

[[nodiscard]] bool is_declaration(collection kind) noexcept {
  return kind == collection::notification_declaration || kind == collection::chat_declaration ||
         kind == collection::germ_declaration;
}

} // namespace

const char* table_of(collection kind) noexcept {
  if (const auto* relation = find_in(relations, kind))
    return relation->table;
  if (const auto* document = find_in(documents_by_uri, kind))
    return document->table;
  if (const auto* document = find_in(documents_by_creator, kind))
    return document->table;
  return "declarations";
}

collection uri_kind(collection kind) noexcept {
  const bool gate = kind == collection::thread_gate || kind == collection::post_gate;
  return gate ? collection::post : kind;
}

std::optional<stored_row> stored_row_of(lookup& in, collection kind, std::int64_t account,
                                        std::string_view rkey, std::optional<std::int64_t> uri) {
  const auto read = [kind](stored_row& out, row_reader& row) {
    out.table = table_of(kind);
    row >> out.place >> timestamp(out.commit_time);
  };
  auto path = path_params(account, rkey);
  if (const auto* relation = find_in(relations, kind))
    return in.row<stored_row>(relation->find, path, [&](stored_row& out, row_reader& row) {
      read(out, row);
      row >> out.duplicate >> out.uri_id >> out.user_id;
    });
  if (const auto* document = find_in(documents_by_uri, kind)) {
    if (!uri)
      return std::nullopt;
    params id;
    id.int8(*uri);
    return in.row<stored_row>(document->find, id, read);
  }
  if (const auto* document = find_in(documents_by_creator, kind))
    return in.row<stored_row>(document->find, path, read);
  if (!is_declaration(kind))
    return std::nullopt;
  path.int2(static_cast<std::int16_t>(kind));
  return in.row<stored_row>(declaration, path, read);
}

std::optional<counted_row> counted_row_of(lookup& in, collection kind, std::int64_t account,
                                          std::string_view rkey) {
  const auto* relation = find_in(relations, kind);
  if (relation == nullptr)
    return std::nullopt;
  return in.row<counted_row>(
      relation->find_counted, path_params(account, rkey),
      [](counted_row& out, row_reader& row) { row >> out.rkey >> out.place; });
}

std::optional<stored_post> stored_post_of(lookup& in, std::int64_t uri) {
  params p;
  p.int8(uri);
  return in.row<stored_post>(select_post, p, [](stored_post& out, row_reader& row) {
    row >> out.root_id >> out.parent_id >> out.quoted_id >> out.invalid_root >> out.violates_gate >>
        out.violates_embedding >> out.gate_place >> out.hidden >> out.post_gate_place >>
        out.detached >> out.counts;
  });
}

} // namespace prism::db
