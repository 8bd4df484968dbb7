#include "db/reads/op_threads.hpp"

#include "atproto/records/collection.hpp"
#include "db/batch/refs.hpp"
#include "db/pg/row_reader.hpp"
#include "db/reads/ids.hpp"
#include "db/reads/op_reply_rows.hpp"

#include <algorithm>
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

using roots = std::map<std::int64_t, root>;

[[nodiscard]] roots read_replies(const db::result& rows) {
  roots out;
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
  const auto rest = std::unique(replies.begin(), replies.end(),
                                [](const auto& a, const auto& b) { return a.id == b.id; });
  replies.erase(rest, replies.end());
}

/// @param from loses the deleted replies that exist again
[[nodiscard]] std::vector<op_thread> lines_of(roots& from) {
  std::vector<op_thread> out;
  for (auto& [id, root] : from) {
    leave_out_revived(root.replies);
    const auto line = resolve_op_thread(id, root.replies);
    if (line.empty())
      continue;
    op_thread thread{db::uri_text(root.did, root.kind, root.rkey), {}};
    thread.uris.push_back(thread.root_uri);
    for (const auto* each : line)
      thread.uris.push_back(db::uri_text(root.did, atproto::collection::post, each->rkey));
    out.push_back(std::move(thread));
  }
  return out;
}

/// Whether replies of the thread may be missing, of which at most so many existing and deleted ones
/// were read.
[[nodiscard]] bool is_cut(const root& of, std::size_t per_root) {
  const auto deleted = static_cast<std::size_t>(std::ranges::count_if(
      of.replies, [](const op_reply& reply) { return reply.deleted_at.has_value(); }));
  return std::max(deleted, of.replies.size() - deleted) >= per_root;
}

/// The replies of some threads.
struct some_replies {
  roots whole;
  ids cut; ///< threads of which replies may be missing, each once
};

[[nodiscard]] outcome<some_replies> read_some(session& on, const ids& of, std::size_t per_root) {
  db::params p;
  p.int8_array(of);
  add_op_bounds(p, per_root);
  const auto rows = on.exec_prepared(select_replies, p);
  if (!rows)
    return tl::unexpected(rows.error());
  some_replies out{read_replies(*rows), {}};
  // A full result ends within the last thread that it has rows of, and has none of those behind it.
  auto end = of.end();
  if (rows->rows() == max_op_replies_of_call)
    end = std::ranges::find(of, rows->get_int8(rows->rows() - 1, 0));
  for (auto at = of.begin(); at != of.end(); ++at) {
    const auto found = out.whole.find(*at);
    if (at >= end || (found != out.whole.end() && is_cut(found->second, per_root))) {
      out.cut.push_back(*at);
      out.whole.erase(*at);
    }
  }
  return out;
}

/// Each thread has the same share of the rows. Those that are longer are read again, as far as
/// there is room: an author with long threads hides nobody else's.
[[nodiscard]] outcome<roots> read_whole(session& on, const ids& of) {
  const auto share =
      std::clamp<std::size_t>(max_op_replies_of_call / (2 * of.size()), 1, max_op_replies);
  auto first = read_some(on, of, share);
  if (!first)
    return tl::unexpected(first.error());
  if (first->cut.empty() || share == max_op_replies)
    return std::move(first->whole);
  auto second = read_some(on, first->cut, max_op_replies);
  if (!second)
    return tl::unexpected(second.error());
  second->whole.merge(first->whole);
  return std::move(second->whole);
}

} // namespace

std::vector<op_thread> read_op_threads(const db::result& rows) {
  auto found = read_replies(rows);
  std::erase_if(found, [](const auto& each) { return is_cut(each.second, max_op_replies); });
  return lines_of(found);
}

void add_op_bounds(db::params& to, std::size_t per_root) {
  to.int8(limit_param(per_root)).int8(limit_param(max_op_replies_of_call));
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
  ids of(found->rows());
  for (std::size_t i = 0; i < of.size(); ++i)
    of[i] = found->get_int8(i, 0);
  std::ranges::sort(of);
  of.erase(std::unique(of.begin(), of.end()), of.end());
  if (of.empty())
    return std::vector<op_thread>{};
  auto replies = read_whole(on, of);
  if (!replies)
    return tl::unexpected(replies.error());
  return lines_of(*replies);
}

} // namespace prism::reads
