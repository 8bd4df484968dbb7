#include "db/batch/batch_builder.hpp"
#include "db/dead_letters/dead_letters.hpp"
#include "db/index/membership.hpp"
#include "db/index/progress.hpp"
#include "db/index/users.hpp"
#include "db/pg/row_reader.hpp"

#include <algorithm>

namespace prism::db {

namespace {

const statement read_dead_letter{"read_dead_letter", R"sql(
  SELECT seq, place, path, bytes
  FROM dead_letters
  WHERE id = $1 AND service = $2
)sql"};

const statement delete_dead_letter{"delete_dead_letter",
                                   R"sql(DELETE FROM dead_letters WHERE id = $1 RETURNING id)sql"};

const statement deleted_since_frame{"deleted_since_frame", R"sql(
  SELECT EXISTS (
    SELECT FROM unnest($1::int8[], $2::int8[]) AS n(user_id, place)
    JOIN users u ON u.id = n.user_id
    WHERE u.status = 'deleted' AND u.status_place >= n.place
  )
)sql"};

// Blocks all shards: every batch begins by locking the row of its shard.
const statement lock_all_cursors{"lock_all_cursors", R"sql(
  SELECT shard, epoch
  FROM firehose_cursor
  WHERE service = $1
  ORDER BY shard
  FOR UPDATE
)sql"};

/// SQLSTATE of an error that rolls the transaction back although the database did not fail.
constexpr std::string_view not_applied = "PF002";

[[nodiscard]] tl::unexpected<db_error> reject(std::string reason) {
  return tl::unexpected(
      db_error{error_class::poison, std::string{not_applied}, std::move(reason), "retry"});
}

/// Locks the cursors and checks the node's membership. The batch gets a shard and its token: the
/// shard's owner need not be this node.
[[nodiscard]] outcome<void> lock_all_shards(executor& on, std::string_view node, batch& of) {
  pipeline locks(on);
  const auto cursors_at = locks.add(lock_all_cursors, std::move(params{}.text(of.service)));
  const auto member_at = queue_check_member(locks, node);
  const auto rows = locks.sync();
  if (!rows)
    return tl::unexpected(rows.error());
  if (auto member = read_member((*rows)[member_at], node); !member)
    return member;
  const auto& cursors = (*rows)[cursors_at];
  if (cursors.empty())
    return tl::unexpected(fenced(of));
  row_reader(cursors, 0) >> of.shard >> of.token;
  return {};
}

/// Whether an account of the batch was deleted after the frame. The repo's rev does not show it,
/// and the deletion would not delete what a retry inserts.
[[nodiscard]] outcome<bool> deleted_since(executor& on, const batch& of) {
  params p;
  p.int8_array(of.ops, [&](const op& each) {
     return of.user_ids[each.creator];
   }).int8_array(of.ops, &op::place);
  const auto rows = on.exec_prepared(deleted_since_frame, p);
  if (!rows)
    return tl::unexpected(rows.error());
  return rows->get_bool(0, 0);
}

[[nodiscard]] outcome<apply_report> apply_dead_letter(executor& on, batch& of, std::int64_t id,
                                                      std::string_view node,
                                                      const std::vector<std::int64_t>& uri_ids,
                                                      late_locks& late) {
  if (auto locked = lock_all_shards(on, node, of); !locked)
    return tl::unexpected(locked.error());
  params key;
  key.int8(id);
  const auto gone = on.exec_prepared(delete_dead_letter, key);
  if (!gone)
    return tl::unexpected(gone.error());
  if (gone->empty())
    return reject("it was retried or discarded by another process in the meantime");
  const auto deleted = deleted_since(on, of);
  if (!deleted)
    return tl::unexpected(deleted.error());
  if (*deleted)
    return reject("its account has been deleted since");
  // If one operation was quarantined, the rest of its frame is indexed, with the repo's head.
  auto report = apply_in_transaction(
      on, of, uri_ids, late, of.heads.empty() ? rev_filter::newer_or_equal : rev_filter::newer);
  if (report && report->stale > 0)
    return reject("its repo has a newer commit, so it cannot be applied in order");
  return report;
}

/// The frame, or one operation of it, as a batch; or why that is not possible.
[[nodiscard]] expected<batch> build_batch(std::span<const std::byte> bytes, std::string_view path,
                                          std::int64_t place_base) {
  const auto frame = atproto::decode_frame(bytes);
  if (!frame)
    return tl::unexpected(frame.error());
  std::string rejected;
  const build_events events{
      .rejected = [&](std::string_view, std::string_view path, std::string_view reason,
                      const std::string&) { rejected += fmt::format(" {}: {};", path, reason); },
      .skipped = [](std::string_view) {}};
  batch_builder builder(events, place_base);
  if (auto added = builder.add(*frame); !added)
    return tl::unexpected(added.error());
  auto out = builder.take();
  if (out.ops.empty() && out.heads.empty() && out.accounts.empty() && out.identities.empty())
    return fail(errc::invalid, "nothing in it can be indexed:{}", rejected);
  if (path.empty())
    return out;
  std::erase_if(out.ops, [&](const op& each) { return path_of(each) != path; });
  out.heads.clear();
  out.refused.clear(); // noted when the rest of the frame was indexed
  if (out.ops.empty())
    return fail(errc::invalid, "its frame has no operation {}:{}", path, rejected);
  return out;
}

} // namespace

outcome<retry_result> retry_dead_letter(connection& on, const tx_options& options,
                                        const std::string& service, std::string_view node,
                                        std::int64_t id) {
  retry_result out;
  out.id = id;
  params key;
  key.int8(id).text(service);
  const auto rows = transaction::run(
      on, options, [&](tx& inside) { return inside.exec_prepared(read_dead_letter, key); });
  if (!rows)
    return tl::unexpected(rows.error());
  if (rows->empty()) {
    out.why = fmt::format("there is no dead letter {} of {}", id, service);
    return out;
  }
  std::int64_t seq = 0;
  stream_place place = 0;
  std::string_view path;
  std::span<const std::byte> bytes;
  row_reader(*rows, 0) >> seq >> place >> path >> bytes;
  auto of = build_batch(bytes, path, base_of(place, seq));
  if (!of) {
    out.why = of.error().message;
    return out;
  }
  of->service = service;
  auto users = transaction::run(on, options,
                                [&](tx& inside) { return intern_users(inside, of->refs.dids()); });
  if (!users)
    return tl::unexpected(users.error());
  of->user_ids = std::move(*users);
  const auto uris = intern_uris(on, *of, options.server_start);
  if (!uris)
    return tl::unexpected(uris.error());
  late_locks late;
  auto done = transaction::run(on, options, [&](tx& inside) {
    return apply_dead_letter(inside, *of, id, node, *uris, late);
  });
  if (done) {
    out.applied = true;
    out.report = std::move(*done);
  } else if (done.error().sqlstate == not_applied)
    out.why = done.error().message;
  else if (done.error().cls == error_class::poison)
    out.why = "it is refused again: " + describe(done.error());
  else
    return tl::unexpected(std::move(done.error()));
  return out;
}

} // namespace prism::db
