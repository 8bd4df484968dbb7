#include "db/index/verifications.hpp"

#include "db/pg/row_reader.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace prism::db {

using atproto::collection;

namespace {

// The rows at these paths, and for each (subject, creator) pair of them and of the new rows: the
// counted row, and as many duplicates as can replace it within the batch.
const statement select_verifications{"select_verifications", R"sql(
  WITH own AS (
    SELECT t.creator_id, t.rkey, t.subject_id, t.place, t.duplicate
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
  SELECT t.creator_id, t.rkey, t.subject_id, t.place, false
  FROM pairs p
  JOIN verifications t ON t.subject_id = p.subject_id AND t.creator_id = p.creator_id
    AND NOT t.duplicate
  UNION
  SELECT p.creator_id, t.rkey, p.subject_id, t.place, true
  FROM pairs p
  CROSS JOIN LATERAL (
    SELECT rkey, place
    FROM verifications
    WHERE subject_id = p.subject_id AND creator_id = p.creator_id AND duplicate
    ORDER BY place, rkey
    LIMIT $5
  ) t
)sql"};

using path = std::pair<std::int64_t, std::string>;  // creator, rkey
using pair = std::pair<std::int64_t, std::int64_t>; // subject, creator
using rank = std::pair<stream_place, std::string>;  // place, rkey: the lowest counts next

/// The records of one pair.
struct pair_records {
  std::optional<rank> counted;
  bool counted_is_new{false}; // it is part of the batch
  std::set<rank> duplicates;
};

/// The rows that the batch touches, as they are after each of its operations.
class verification_state {
public:
  void load(std::int64_t creator, const std::string& rkey, std::int64_t subject, stream_place place,
            bool duplicate) {
    rows_[{creator, rkey}] = {subject, place};
    auto& records = pairs_[{subject, creator}];
    if (duplicate)
      records.duplicates.insert({place, rkey});
    else
      records.counted = {place, rkey};
  }

  [[nodiscard]] bool has(const path& self) const { return rows_.contains(self); }
  [[nodiscard]] stream_place place_of(const path& self) const { return rows_.at(self).second; }

  /// @returns whether it counts. Of several with one place the lowest rkey counts.
  bool add(const path& self, std::int64_t subject, stream_place place) {
    rows_[self] = {subject, place};
    auto& records = pairs_[{subject, self.first}];
    const rank mine{place, self.second};
    if (records.counted && (!records.counted_is_new || *records.counted < mine)) {
      records.duplicates.insert(mine);
      return false;
    }
    if (records.counted)
      records.duplicates.insert(*records.counted);
    records.counted = mine;
    records.counted_is_new = true;
    return true;
  }

  /// @returns the subject, if the record counted; then the oldest duplicate counts instead.
  std::optional<std::int64_t> remove(const path& self) {
    const auto row = rows_.extract(self);
    if (row.empty())
      return std::nullopt;
    const auto [subject, place] = row.mapped();
    auto& records = pairs_[{subject, self.first}];
    const rank mine{place, self.second};
    if (records.counted != mine) {
      records.duplicates.erase(mine);
      return std::nullopt;
    }
    records.counted.reset();
    records.counted_is_new = false;
    if (!records.duplicates.empty())
      records.counted = records.duplicates.extract(records.duplicates.begin()).value();
    return subject;
  }

private:
  std::map<path, std::pair<std::int64_t, stream_place>> rows_;
  std::map<pair, pair_records> pairs_;
};

[[nodiscard]] outcome<verification_state> state_before(executor& on, const id_map& ids,
                                                       const index_plan& plan,
                                                       const std::vector<const op*>& ops) {
  const auto creator_of = [&](const op* each) { return ids.user(each->creator); };
  std::vector<pair> named;
  bool any_removed = false;
  for (const auto* each : ops) {
    any_removed = any_removed || each->action != op_action::create ||
                  plan.last_deletion(each->creator, each->place) != 0;
    if (each->action != op_action::remove)
      named.emplace_back(to_relation(*each, ids).subject_id, creator_of(each));
  }
  params p;
  p.int8_array(ops, creator_of)
      .text_array(ops, &op::rkey)
      .int8_array(named, &pair::first)
      .int8_array(named, &pair::second)
      .int8(any_removed ? static_cast<std::int64_t>(ops.size()) : 0);
  const auto rows = on.exec_prepared(select_verifications, p);
  if (!rows)
    return tl::unexpected(rows.error());
  verification_state out;
  for (std::size_t i = 0; i < rows->rows(); ++i) {
    std::int64_t creator_id = 0;
    std::string rkey;
    std::int64_t subject_id = 0;
    stream_place place = 0;
    bool duplicate = false;
    row_reader(*rows, i) >> creator_id >> rkey >> subject_id >> place >> duplicate;
    out.load(creator_id, rkey, subject_id, place, duplicate);
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
  auto state = state_before(on, ids, plan, ops);
  if (!state)
    return tl::unexpected(state.error());
  for (const auto* each : ops) {
    const path self{ids.user(each->creator), each->rkey};
    if (each->action == op_action::create && state->has(self)) {
      if (state->place_of(self) >= plan.last_deletion(each->creator, each->place))
        continue; // a second create of one path is an error of the repo: the first record stays
      std::ignore = state->remove(self); // it ended with its account
    }
    const auto ended = state->remove(self);
    if (ended)
      out.notify({ended, self.first, notification_reason::unverified, self.second, std::nullopt,
                  each->commit_time, each->place});
    if (each->action == op_action::remove)
      continue;
    const auto row = to_relation(*each, ids);
    if (state->add(self, row.subject_id, row.place) && !ended)
      out.notify({row.subject_id, self.first, notification_reason::verified, self.second,
                  std::nullopt, std::min(row.created_at, row.commit_time), row.place});
  }
  return {};
}

} // namespace prism::db
