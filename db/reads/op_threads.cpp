#include "db/reads/op_threads.hpp"

#include "atproto/records/collection.hpp"
#include "db/batch/refs.hpp"
#include "db/pg/row_reader.hpp"
#include "db/reads/ids.hpp"
#include "db/reads/op_reply_rows.hpp"

#include <map>

namespace prism::reads {

namespace {

// The threads of these posts.
const db::statement select_roots{"op_thread_roots", R"sql(
  SELECT coalesce(p.reply_root_id, p.id)
  FROM unnest($1::int8[]) AS asked(id)
  CROSS JOIN LATERAL (SELECT id, reply_root_id FROM posts WHERE id = asked.id LIMIT 1) p
)sql"};

const db::statement select_replies{
    "op_thread_replies", db::compose_sql(op_replies_sql, {{"roots", "unnest($1::int8[]) AS n(id)"},
                                                          {"per_root", "$2"},
                                                          {"in_all", "$3"}})};

struct root {
  std::string did;
  atproto::collection kind{};
  std::string rkey;
  std::vector<op_reply> replies;
};

[[nodiscard]] std::map<std::int64_t, root> read_replies(const db::result& rows) {
  std::map<std::int64_t, root> out;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    db::row_reader row(rows, i);
    std::int64_t id = 0;
    root read;
    op_reply reply;
    row >> id >> read.did >> read.kind >> read.rkey >> reply.id >> reply.rkey >> reply.parent_id >>
        db::timestamp(reply.deleted_at);
    auto& to = out.try_emplace(id, std::move(read)).first->second;
    to.replies.push_back(std::move(reply));
  }
  return out;
}

/// A reply that was deleted and exists again is there twice: keeps the existing one.
void leave_out_revived(std::vector<op_reply>& replies) {
  std::ranges::sort(replies, {}, [](const op_reply& each) {
    return std::pair(each.id, each.deleted_at.has_value());
  });
  const auto rest = std::ranges::unique(replies, {}, &op_reply::id);
  replies.erase(rest.begin(), rest.end());
}

} // namespace

std::vector<op_thread> read_op_threads(const db::result& rows) {
  auto roots = read_replies(rows);
  std::vector<op_thread> out;
  for (auto& [id, from] : roots) {
    leave_out_revived(from.replies);
    const auto line = resolve_op_thread(id, from.replies);
    if (line.empty())
      continue;
    op_thread thread{db::uri_text(from.did, from.kind, from.rkey), {}};
    thread.uris.push_back(thread.root_uri);
    for (const auto* each : line)
      thread.uris.push_back(db::uri_text(from.did, atproto::collection::post, each->rkey));
    out.push_back(std::move(thread));
  }
  return out;
}

void add_op_bounds(db::params& to) {
  to.int8(limit_param(max_op_replies)).int8(limit_param(max_op_replies_of_call));
}

outcome<std::vector<op_thread>> op_threads(session& on,
                                           std::span<const std::string_view> post_uris) {
  const auto posts = ids_of_uris(on, post_uris);
  if (!posts)
    return tl::unexpected(posts.error());
  db::params of_roots;
  of_roots.int8_array(*posts);
  const auto found = on.exec_prepared(select_roots, of_roots);
  if (!found)
    return tl::unexpected(found.error());
  std::vector<std::int64_t> roots(found->rows());
  for (std::size_t i = 0; i < roots.size(); ++i)
    roots[i] = found->get_int8(i, 0);
  std::ranges::sort(roots);
  roots.erase(std::unique(roots.begin(), roots.end()), roots.end());
  if (roots.empty())
    return std::vector<op_thread>{};
  db::params of_replies;
  of_replies.int8_array(roots);
  add_op_bounds(of_replies);
  const auto rows = on.exec_prepared(select_replies, of_replies);
  if (!rows)
    return tl::unexpected(rows.error());
  return read_op_threads(*rows);
}

} // namespace prism::reads
