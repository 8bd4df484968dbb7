#include "db/inspect/stream_view.hpp"

#include "core/printable.hpp"
#include "core/shard_of.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace prism::db {

using explanations::check_result;

namespace {

// A row for each shard of each service: the whole table is small.
const statement newest_service{"explain_newest_service", R"sql(
  SELECT service
  FROM firehose_cursor
  ORDER BY updated_at DESC, service
  LIMIT 1
)sql"};

const statement count_cursors{"explain_shards", R"sql(
  SELECT count(*)
  FROM firehose_cursor
  WHERE service = $1
)sql"};

const statement cursor{"explain_cursor", R"sql(
  SELECT seq, updated_at, extract(epoch FROM clock_timestamp() - updated_at)::int8
  FROM firehose_cursor
  WHERE service = $1 AND shard = $2
)sql"};

const statement stream{"explain_stream", R"sql(
  SELECT base, began_at
  FROM streams
  WHERE service = $1
)sql"};

struct cursor_row {
  std::int64_t seq{0};
  std::int64_t updated_at{0};
  std::int64_t age_s{0};
};

[[nodiscard]] params one_text(std::string_view text) {
  params p;
  p.text(text);
  return p;
}

[[nodiscard]] std::string service_of(lookup& in, const explanations::node_facts& facts) {
  if (facts.service)
    return *facts.service;
  return in
      .row<std::string>(newest_service, {}, [](std::string& out, row_reader& row) { row >> out; })
      .value_or("");
}

/// Why the shard is behind; empty if nothing says so.
[[nodiscard]] std::string reason(const explanations::node_facts& facts,
                                 const explanations::shard_facts* shard, const cursor_row& at) {
  const auto bound = static_cast<double>(facts.behind_after.count());
  if (shard != nullptr && shard->paused)
    return "the shard is paused by an operator";
  if (shard != nullptr && shard->blocked)
    return "the shard is blocked by a fatal error";
  if (facts.connected == false)
    return "the node is not connected to its relay";
  if (shard != nullptr && shard->lag_s.value_or(0) > bound)
    return fmt::format("its oldest frame has waited for {:.0f} s", *shard->lag_s);
  if (facts.stream_lag_s.value_or(0) > bound)
    return fmt::format("the stream is {:.0f} s behind", *facts.stream_lag_s);
  const bool silent = at.age_s > facts.behind_after.count();
  if (silent && facts.highest_seq.value_or(0) > at.seq)
    return fmt::format("the stream was read up to seq {}, and the cursor has not moved for {} s",
                       *facts.highest_seq, at.age_s);
  if (silent && !facts.connected)
    return fmt::format("its cursor has not moved for {} s: no node runs, or the stream is silent",
                       at.age_s);
  return {};
}

void set_stream_state(stream_view& out, const explanations::node_facts& facts, std::int32_t shard,
                      const cursor_row& at) {
  const auto found = std::ranges::find(facts.shard, shard, &explanations::shard_facts::number);
  const auto* known = found == facts.shard.end() ? nullptr : &*found;
  const auto why = reason(facts, known, at);
  out.how = why.empty() ? stream_view::state::up_to_date : stream_view::state::behind;
  if (known != nullptr && known->queued.value_or(0) > 0)
    out.detail += fmt::format(", {} frames wait in memory", *known->queued);
  if (!why.empty())
    out.detail += ": " + why;
  if (known != nullptr && !known->problem.empty())
    out.detail += ": " + printable(known->problem, 200);
}

} // namespace

explanations::check stream_view::as_check() const {
  const auto result = how == state::up_to_date ? check_result::yes
                      : how == state::behind   ? check_result::no
                                               : check_result::unknown;
  return {"the node is up to date", result, detail, moved_at, std::nullopt};
}

std::string stream_view::where(std::int64_t place) const {
  if (place == 0)
    return "before all streams";
  const auto seq = (place >> 8) - base;
  return seq > 0 ? fmt::format("seq {}", seq) : fmt::format("place {}", place);
}

stream_view view_stream(lookup& in, std::string_view did, const explanations::node_facts& facts) {
  stream_view out;
  out.service = service_of(in, facts);
  if (out.service.empty()) {
    out.how = stream_view::state::behind;
    out.detail = "no node has followed a stream on this database";
    return out;
  }
  const auto service = one_text(out.service);
  const auto shards =
      facts.shards.value_or(static_cast<std::int32_t>(in.number(count_cursors, service)));
  std::string since;
  if (const auto began = in.row<std::pair<std::int64_t, std::int64_t>>(
          stream, service, [](std::pair<std::int64_t, std::int64_t>& row, row_reader& columns) {
            columns >> row.first >> timestamp(row.second);
          })) {
    out.base = began->first;
    since = explanations::time_text(began->second);
  }
  if (shards < 1 || did.empty()) {
    out.detail = fmt::format("stream {} has no cursor", out.service);
    return out;
  }
  const auto shard = static_cast<std::int32_t>(shard_of(did, static_cast<std::size_t>(shards)));
  params key;
  key.text(out.service).int4(shard);
  const auto at = in.row<cursor_row>(cursor, key, [](cursor_row& row, row_reader& columns) {
    columns >> row.seq >> timestamp(row.updated_at) >> row.age_s;
  });
  if (!at) {
    out.detail = fmt::format("shard {} of {} has no cursor", shard, out.service);
    return out;
  }
  out.moved_at = at->updated_at;
  out.detail = fmt::format("shard {} of {} has committed stream {} up to seq {}", shard, shards,
                           out.service, at->seq);
  if (!since.empty())
    out.detail += fmt::format(", followed since {}", since);
  set_stream_state(out, facts, shard, *at);
  return out;
}

} // namespace prism::db
