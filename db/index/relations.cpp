#include "db/index/relations.hpp"

#include "db/index/history.hpp"

#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>

namespace prism::db {

using atproto::collection;

namespace {

/// One column: how it is called, sent and read.
struct column {
  const char* name;
  const char* type;
  void (*bind)(params&, const std::vector<relation>&);
  void (*read)(relation&, const result&, std::size_t, std::size_t);
};

[[nodiscard]] bytes copy(std::span<const std::byte> view) {
  return {view.begin(), view.end()};
}

constexpr column creator_id{
    "creator_id", "int8",
    [](params& p, const std::vector<relation>& rows) { p.int8_array(rows, &relation::creator_id); },
    [](relation& e, const result& r, std::size_t i, std::size_t c) {
      e.creator_id = r.get_int8(i, c);
    }};
constexpr column subject_id{
    "subject_id", "int8",
    [](params& p, const std::vector<relation>& rows) { p.int8_array(rows, &relation::subject_id); },
    [](relation& e, const result& r, std::size_t i, std::size_t c) {
      e.subject_id = r.get_int8(i, c);
    }};
constexpr column list_id{
    "list_id", "int8",
    [](params& p, const std::vector<relation>& rows) { p.int8_array(rows, &relation::list_id); },
    [](relation& e, const result& r, std::size_t i, std::size_t c) {
      e.list_id = r.get_int8(i, c);
    }};
constexpr column created_at{"created_at", "timestamptz",
                            [](params& p, const std::vector<relation>& rows) {
                              p.timestamptz_array(rows, &relation::created_at);
                            },
                            [](relation& e, const result& r, std::size_t i, std::size_t c) {
                              e.created_at = r.get_timestamptz(i, c);
                            }};
constexpr column created_text{"created_text", "text",
                              [](params& p, const std::vector<relation>& rows) {
                                p.text_array(rows, &relation::created_text);
                              },
                              [](relation& e, const result& r, std::size_t i, std::size_t c) {
                                if (const auto view = r.opt_text(i, c))
                                  e.created_text = *view;
                              }};
constexpr column commit_time{"commit_time", "timestamptz",
                             [](params& p, const std::vector<relation>& rows) {
                               p.timestamptz_array(rows, &relation::commit_time);
                             },
                             [](relation& e, const result& r, std::size_t i, std::size_t c) {
                               e.commit_time = r.get_timestamptz(i, c);
                             }};
constexpr column via_id{
    "via_id", "int8",
    [](params& p, const std::vector<relation>& rows) { p.int8_array(rows, &relation::via_id); },
    [](relation& e, const result& r, std::size_t i, std::size_t c) {
      e.via_id = r.opt_int8(i, c);
    }};
constexpr column rkey{
    "rkey", "text",
    [](params& p, const std::vector<relation>& rows) { p.text_array(rows, &relation::rkey); },
    [](relation& e, const result& r, std::size_t i, std::size_t c) { e.rkey = r.get_text(i, c); }};
constexpr column cid{
    "cid", "bytea",
    [](params& p, const std::vector<relation>& rows) { p.bytea_array(rows, &relation::cid); },
    [](relation& e, const result& r, std::size_t i, std::size_t c) {
      e.cid = copy(r.get_bytea(i, c));
    }};
constexpr column subject_cid{"subject_cid", "bytea",
                             [](params& p, const std::vector<relation>& rows) {
                               p.bytea_array(rows, &relation::subject_cid);
                             },
                             [](relation& e, const result& r, std::size_t i, std::size_t c) {
                               e.subject_cid = copy(r.get_bytea(i, c));
                             }};
constexpr column via_cid{
    "via_cid", "bytea",
    [](params& p, const std::vector<relation>& rows) { p.bytea_array(rows, &relation::via_cid); },
    [](relation& e, const result& r, std::size_t i, std::size_t c) {
      if (const auto view = r.opt_bytea(i, c))
        e.via_cid = copy(*view);
    }};
constexpr column handle{
    "handle", "text",
    [](params& p, const std::vector<relation>& rows) { p.text_array(rows, &relation::handle); },
    [](relation& e, const result& r, std::size_t i, std::size_t c) {
      e.handle = r.get_text(i, c);
    }};
constexpr column display_name{"display_name", "text",
                              [](params& p, const std::vector<relation>& rows) {
                                p.text_array(rows, &relation::display_name);
                              },
                              [](relation& e, const result& r, std::size_t i, std::size_t c) {
                                e.display_name = r.get_text(i, c);
                              }};
constexpr column record{
    "record", "bytea",
    [](params& p, const std::vector<relation>& rows) { p.bytea_array(rows, &relation::record); },
    [](relation& e, const result& r, std::size_t i, std::size_t c) {
      if (const auto view = r.opt_bytea(i, c))
        e.record = copy(*view);
    }};

} // namespace

namespace {

/// How a table's rows are called in past_pairs.
struct past_pair {
  collection kind;
  const char* first;
  const char* second;
};

} // namespace

/// A table: its columns without `duplicate`, and the two that make a pair. SQL texts are made once.
struct relation_table {
  relation_table(const char* name, std::vector<column> columns, const column& first,
                 const column& second, std::optional<past_pair> history);

  bool keeps_history;
  std::vector<column> columns;
  const column* first;
  const column* second;
  std::map<std::string, std::string> texts; // owns names and SQL of the statements
  statement remove;
  statement remove_by_subject;
  statement insert;
  statement promote;
  statement subjects_of;
  statement paths_of;

private:
  statement make(const char* table, const char* verb, std::string sql) {
    const auto at = texts.emplace(fmt::format("{}_{}", table, verb), std::move(sql)).first;
    return {at->first.c_str(), at->second.c_str()};
  }
};

relation_table::relation_table(const char* name, std::vector<column> of, const column& one,
                               const column& two, std::optional<past_pair> history)
    : keeps_history(history.has_value()), columns(std::move(of)), first(&one), second(&two) {
  std::vector<std::string> names;
  std::vector<std::string> arrays;
  std::vector<std::string> returned;
  for (const auto& each : columns) {
    names.emplace_back(each.name);
    arrays.push_back(fmt::format("${}::{}[]", arrays.size() + 1, each.type));
    returned.push_back(fmt::format("t.{}", each.name));
  }
  const auto list = fmt::format("{}", fmt::join(names, ", "));
  const auto back = fmt::format("{}, t.duplicate", fmt::join(returned, ", "));
  const auto same_pair = [&](const char* a, const char* b) {
    return fmt::format("{0}.{2} = {1}.{2} AND {0}.{3} = {1}.{3}", a, b, one.name, two.name);
  };
  const auto removal = fmt::format(
      "DELETE FROM {} t USING unnest($1::int8[], $2::text[]{} WHERE t.creator_id = "
      "d.creator_id AND t.rkey = d.rkey RETURNING {}",
      name,
      history ? ", $3::timestamptz[]) AS d(creator_id, rkey, until)" : ") AS d(creator_id, rkey)",
      back);
  remove =
      make(name, "remove",
           history ? fmt::format("WITH gone AS ({0}, d.until), kept AS (INSERT INTO past_pairs "
                                 "(first_id, second_id, collection, commit_time, until) "
                                 "SELECT {1}, {2}, {3}, commit_time, max(until) FROM gone "
                                 "GROUP BY {1}, {2}, commit_time" PRISM_KEEP_LONGEST
                                 ") SELECT {4}, duplicate FROM gone",
                                 removal, history->first, history->second,
                                 static_cast<int>(history->kind), list)
                   : removal);
  remove_by_subject = make(name, "remove_by_subject",
                           fmt::format("WITH d AS (SELECT unnest($1::int8[]) AS id), "
                                       "k AS (SELECT t.creator_id, t.rkey FROM {0} t JOIN d ON "
                                       "t.{1} = d.id WHERE NOT t.duplicate "
                                       "UNION ALL SELECT t.creator_id, t.rkey FROM {0} t JOIN d ON "
                                       "t.{1} = d.id WHERE t.duplicate) "
                                       "DELETE FROM {0} t USING k WHERE t.creator_id = "
                                       "k.creator_id AND t.rkey = k.rkey RETURNING {2}",
                                       name, one.name, back));
  insert = make(
      name, "insert",
      fmt::format(
          "WITH n AS (SELECT * FROM unnest({1}) AS n({2})), "
          "fresh AS (SELECT n.* FROM n WHERE NOT EXISTS (SELECT FROM {0} t WHERE t.creator_id = "
          "n.creator_id "
          "AND t.rkey = n.rkey)), "
          "ranked AS (SELECT f.*, row_number() OVER (PARTITION BY {3}, {4} ORDER BY commit_time, "
          "rkey) > 1 "
          "OR EXISTS (SELECT FROM {0} t WHERE {5} AND NOT t.duplicate) AS duplicate FROM fresh f) "
          "INSERT INTO {0} AS t ({2}, duplicate) SELECT {2}, duplicate FROM ranked ORDER BY {3}, "
          "{4} "
          "ON CONFLICT (creator_id, rkey) DO NOTHING RETURNING {6}",
          name, fmt::join(arrays, ", "), list, one.name, two.name, same_pair("t", "f"), back));
  promote =
      make(name, "promote",
           fmt::format(
               "WITH p AS (SELECT DISTINCT * FROM unnest($1::int8[], $2::int8[]) AS p({1}, {2})), "
               "w AS (SELECT DISTINCT ON (t.{1}, t.{2}) t.creator_id, t.rkey FROM p JOIN {0} t ON "
               "{3} AND t.duplicate "
               "WHERE NOT EXISTS (SELECT FROM {0} x WHERE {4} AND NOT x.duplicate) "
               "ORDER BY t.{1}, t.{2}, t.commit_time, t.rkey) "
               "UPDATE {0} t SET duplicate = false FROM w WHERE t.creator_id = w.creator_id AND "
               "t.rkey = w.rkey "
               "RETURNING {5}",
               name, one.name, two.name, same_pair("t", "p"), same_pair("x", "p"), back));
  subjects_of =
      make(name, "subjects_of",
           fmt::format(
               "WITH d AS (SELECT * FROM unnest($1::int8[], $2::text[]) AS d(creator_id, rkey)) "
               "SELECT t.{1} FROM {0} t JOIN d ON t.creator_id = d.creator_id AND t.rkey = d.rkey "
               "UNION ALL SELECT t.referent_id FROM pending_ops t JOIN d ON t.creator_id = "
               "d.creator_id AND t.collection = $3 AND t.rkey = d.rkey",
               name, one.name));
  paths_of = make(name, "paths_of",
                  fmt::format("SELECT rkey FROM {} WHERE creator_id = $1 AND commit_time <= $2 "
                              "ORDER BY rkey LIMIT $3",
                              name));
}

namespace {

struct entry {
  collection kind;
  relation_table table;
};

[[nodiscard]] const std::vector<entry>& tables() {
  static const std::vector<column> subject_columns{
      creator_id, subject_id,  created_at, commit_time,  via_id, rkey,
      cid,        subject_cid, via_cid,    created_text, record};
  static const std::vector<column> pair_columns{creator_id, subject_id, created_at,   commit_time,
                                                rkey,       cid,        created_text, record};
  static const std::vector<entry> all = [] {
    std::vector<entry> out;
    const auto add = [&](collection kind, const char* name, std::vector<column> columns,
                         const column& first, const column& second,
                         std::optional<past_pair> history = std::nullopt) {
      out.push_back({kind, relation_table{name, std::move(columns), first, second, history}});
    };
    out.reserve(relation_collections().size());
    add(collection::like, "likes", subject_columns, subject_id, creator_id);
    add(collection::repost, "reposts", subject_columns, subject_id, creator_id);
    add(collection::follow, "follows", pair_columns, subject_id, creator_id,
        past_pair{collection::follow, "creator_id", "subject_id"});
    add(collection::block, "blocks", pair_columns, subject_id, creator_id);
    add(collection::list_item, "list_items",
        {creator_id, list_id, subject_id, created_at, commit_time, rkey, cid, record}, list_id,
        subject_id, past_pair{collection::list_item, "list_id", "subject_id"});
    add(collection::list_block, "list_blocks",
        {creator_id, list_id, created_at, commit_time, rkey, cid, record}, list_id, creator_id);
    add(collection::verification, "verifications",
        {creator_id, subject_id, created_at, commit_time, rkey, handle, display_name, cid, record},
        subject_id, creator_id);
    return out;
  }();
  return all;
}

[[nodiscard]] params path_params(const std::vector<record_key>& paths) {
  params p;
  p.int8_array(paths, &record_key::creator_id).text_array(paths, &record_key::rkey);
  return p;
}

} // namespace

const relation_table* find_relation_table(collection kind) noexcept {
  for (const auto& each : tables())
    if (each.kind == kind)
      return &each.table;
  return nullptr;
}

std::span<const collection> relation_collections() noexcept {
  static constexpr std::array kinds{
      collection::like,      collection::repost,     collection::follow,      collection::block,
      collection::list_item, collection::list_block, collection::verification};
  return kinds;
}

void queue_delete(pipeline& out, const relation_table& table,
                  const std::vector<record_key>& paths) {
  auto p = path_params(paths);
  if (table.keeps_history)
    p.timestamptz_array(paths, &record_key::time);
  out.add(table.remove, std::move(p));
}

void queue_delete_by_subject(pipeline& out, const relation_table& table,
                             const std::vector<std::int64_t>& subjects) {
  params p;
  p.int8_array(subjects);
  out.add(table.remove_by_subject, std::move(p));
}

void queue_insert(pipeline& out, const relation_table& table, const std::vector<relation>& rows) {
  params p;
  for (const auto& each : table.columns)
    each.bind(p, rows);
  out.add(table.insert, std::move(p));
}

void queue_promote_duplicates(pipeline& out, const relation_table& table,
                              const std::vector<relation>& removed) {
  params p;
  table.first->bind(p, removed);
  table.second->bind(p, removed);
  out.add(table.promote, std::move(p));
}

void queue_select_subjects(pipeline& out, collection kind, const std::vector<record_key>& paths) {
  auto p = path_params(paths);
  p.int2(static_cast<std::int16_t>(kind));
  out.add(find_relation_table(kind)->subjects_of, std::move(p));
}

void queue_select_paths(pipeline& out, const relation_table& table, std::int64_t creator_id_value,
                        micros until, std::int64_t limit) {
  params p;
  p.int8(creator_id_value).timestamptz(until).int8(limit);
  out.add(table.paths_of, std::move(p));
}

std::vector<relation> read_relations(const relation_table& table, const result& rows) {
  std::vector<relation> out(rows.rows());
  for (std::size_t i = 0; i < out.size(); ++i) {
    for (std::size_t c = 0; c < table.columns.size(); ++c)
      table.columns[c].read(out[i], rows, i, c);
    out[i].duplicate = rows.get_bool(i, table.columns.size());
  }
  return out;
}

} // namespace prism::db
