#include "db/index/verifications.hpp"

#include "db/pg/row_reader.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace prism::db {

using atproto::collection;

namespace {

// The rows of these paths, and of each pair that they or the new rows name: the counted one, and of
// the duplicates as many as can take its place within the batch.
const statement select_verifications{"verifications_before", R"sql(
  WITH own AS (
    SELECT t.creator_id, t.rkey, t.subject_id, t.commit_time, t.duplicate
    FROM unnest($1::int8[], $2::text[]) AS d(creator_id, rkey)
    JOIN verifications t ON t.creator_id = d.creator_id AND t.rkey = d.rkey
  ),
  pairs AS (
    SELECT subject_id, creator_id
    FROM own
    UNION
    SELECT *
    FROM unnest($3::int8[], $4::int8[])
  )
  SELECT *
  FROM own
  UNION
  SELECT t.creator_id, t.rkey, t.subject_id, t.commit_time, false
  FROM pairs p
  JOIN verifications t ON t.subject_id = p.subject_id AND t.creator_id = p.creator_id
    AND NOT t.duplicate
  UNION
  SELECT p.creator_id, t.rkey, p.subject_id, t.commit_time, true
  FROM pairs p
  CROSS JOIN LATERAL (
    SELECT rkey, commit_time
    FROM verifications
    WHERE subject_id = p.subject_id AND creator_id = p.creator_id AND duplicate
    ORDER BY commit_time, rkey
    LIMIT $5
  ) t
)sql"};

using path = std::pair<std::int64_t, std::string>;  // creator, rkey
using pair = std::pair<std::int64_t, std::int64_t>; // subject, creator
using rank = std::pair<micros, std::string>;        // commit time, rkey: who comes next

/// The records of one pair.
struct claimants {
  std::optional<rank> counted;
  bool counted_is_new{false}; // it came with the batch
  std::set<rank> duplicates;
};

/// The table as it is after each operation, as far as the batch touches it.
class verification_state {
public:
  void load(std::int64_t creator, const std::string& rkey, std::int64_t subject, micros time,
            bool duplicate) {
    rows_[{creator, rkey}] = {subject, time};
    auto& of = pairs_[{subject, creator}];
    if (duplicate)
      of.duplicates.insert({time, rkey});
    else
      of.counted = {time, rkey};
  }

  [[nodiscard]] bool has(const path& self) const { return rows_.contains(self); }

  /// @returns whether it counts. Of those that come in one moment, the one with the lowest rkey
  /// does.
  bool add(const path& self, std::int64_t subject, micros time) {
    rows_[self] = {subject, time};
    auto& of = pairs_[{subject, self.first}];
    const rank mine{time, self.second};
    if (of.counted && (!of.counted_is_new || *of.counted < mine)) {
      of.duplicates.insert(mine);
      return false;
    }
    if (of.counted)
      of.duplicates.insert(*of.counted);
    of.counted = mine;
    of.counted_is_new = true;
    return true;
  }

  /// @returns the subject, if it counted; the oldest duplicate then does.
  std::optional<std::int64_t> remove(const path& self) {
    const auto row = rows_.extract(self);
    if (row.empty())
      return std::nullopt;
    const auto [subject, time] = row.mapped();
    auto& of = pairs_[{subject, self.first}];
    const rank mine{time, self.second};
    if (of.counted != mine) {
      of.duplicates.erase(mine);
      return std::nullopt;
    }
    of.counted.reset();
    of.counted_is_new = false;
    if (!of.duplicates.empty())
      of.counted = of.duplicates.extract(of.duplicates.begin()).value();
    return subject;
  }

private:
  std::map<path, std::pair<std::int64_t, micros>> rows_;
  std::map<pair, claimants> pairs_;
};

[[nodiscard]] outcome<verification_state> state_before(executor& on, const id_map& ids,
                                                       const std::vector<const op*>& ops) {
  const auto creator_of = [&](const op* each) { return ids.user(each->creator); };
  std::vector<pair> named;
  bool any_ends = false;
  for (const auto* each : ops) {
    any_ends = any_ends || each->action != op_action::create;
    if (each->action != op_action::remove)
      named.emplace_back(to_relation(*each, ids).subject_id, creator_of(each));
  }
  params p;
  p.int8_array(ops, creator_of)
      .text_array(ops, &op::rkey)
      .int8_array(named, &pair::first)
      .int8_array(named, &pair::second)
      .int8(any_ends ? static_cast<std::int64_t>(ops.size()) : 0);
  const auto rows = on.exec_prepared(select_verifications, p);
  if (!rows)
    return tl::unexpected(rows.error());
  verification_state out;
  for (std::size_t i = 0; i < rows->rows(); ++i) {
    std::int64_t creator_id = 0;
    std::string rkey;
    std::int64_t subject_id = 0;
    micros commit_time = 0;
    bool duplicate = false;
    row_reader(*rows, i) >> creator_id >> rkey >> subject_id >> timestamp(commit_time) >> duplicate;
    out.load(creator_id, std::move(rkey), subject_id, commit_time, duplicate);
  }
  return out;
}

} // namespace

outcome<void> notify_verifications(executor& on, const id_map& ids, const index_plan& plan,
                                   effects& out) {
  std::vector<const op*> ops;
  std::ranges::copy_if(plan.ordered_ops, std::back_inserter(ops),
                       [](const op* each) { return each->kind == collection::verification; });
  if (ops.empty())
    return {};
  auto state = state_before(on, ids, ops);
  if (!state)
    return tl::unexpected(state.error());
  for (const auto* each : ops) {
    const path self{ids.user(each->creator), each->rkey};
    if (each->action == op_action::create && state->has(self))
      continue; // a fault of the repo: the first stays
    const auto ended = state->remove(self);
    if (ended)
      out.notify({ended, self.first, notification_reason::unverified, self.second, std::nullopt,
                  each->commit_time});
    if (each->action == op_action::remove)
      continue;
    const auto row = to_relation(*each, ids);
    if (state->add(self, row.subject_id, row.commit_time) && !ended)
      out.notify({row.subject_id, self.first, notification_reason::verified, self.second,
                  std::nullopt, std::min(row.created_at, row.commit_time)});
  }
  return {};
}

} // namespace prism::db
