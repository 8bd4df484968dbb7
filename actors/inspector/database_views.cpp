#include "actors/inspector/arguments.hpp"
#include "actors/inspector/views.hpp"
#include "atproto/records/collection.hpp"
#include "config/render.hpp"
#include "db/dead_letters/dead_letters.hpp"
#include "db/operator/operator_log.hpp"
#include "db/operator/overview.hpp"
#include "inspect/explanation.hpp"

namespace prism::views {

namespace {

[[nodiscard]] tl::unexpected<error> failed(const db::db_error& why) {
  return fail(errc::transient, "the database cannot answer: {} ({})", why.message, why.sqlstate);
}

/// A list of at most `limit` rows; one row more says that it was cut.
template <class Row, class ToJson>
[[nodiscard]] view_data list(std::string_view name, const std::vector<Row>& rows,
                             std::int64_t limit, ToJson to_json) {
  view_data out;
  boost::json::array listed;
  for (const auto& row : rows) {
    if (static_cast<std::int64_t>(listed.size()) == limit) {
      out.truncated = true;
      break;
    }
    listed.push_back(to_json(row));
  }
  out.data[name] = std::move(listed);
  return out;
}

[[nodiscard]] expected<std::int64_t> limit_of(const command_call& call, std::int64_t otherwise) {
  return number_argument(call.arguments, "limit", otherwise, 1, max_rows);
}

[[nodiscard]] std::string hex_text(std::span<const std::byte> bytes) {
  std::string out;
  for (const auto each : bytes)
    out += fmt::format("{:02x}", static_cast<unsigned>(each));
  return out;
}

[[nodiscard]] std::string collection_text(std::int32_t number) {
  return number == 0 ? "?"
                     : std::string{atproto::nsid_of(static_cast<atproto::collection>(number))};
}

/// did:…, or the authority and record key of an at-uri.
struct subject {
  std::string did;
  std::string rkey;
};
[[nodiscard]] expected<subject> subject_of(const command_call& call) {
  const auto text = text_argument(call.arguments, "subject", "");
  if (!text || text->empty())
    return subject{};
  if (text->starts_with("did:"))
    return subject{*text, {}};
  constexpr std::string_view scheme = "at://";
  if (!text->starts_with("at://did:"))
    return fail(errc::invalid, "'{}' is neither a DID nor an at-uri with a DID", *text);
  const auto rest = std::string_view{*text}.substr(scheme.size());
  const auto end = rest.find('/');
  const auto last = rest.rfind('/');
  return subject{std::string{rest.substr(0, end)},
                 last == end ? std::string{} : std::string{rest.substr(last + 1)}};
}

} // namespace

expected<view_data> cursor(command_call& call) {
  const auto rows = db::list_cursors(*call.database, max_rows + 1);
  if (!rows)
    return failed(rows.error());
  return list("cursors", *rows, max_rows, [](const db::cursor_row& row) {
    return boost::json::object{{"service", config::mask_passwords(row.service)},
                               {"shard", row.shard},
                               {"seq", row.seq},
                               {"epoch", row.epoch},
                               {"moved_seconds_ago", row.moved_seconds_ago}};
  });
}

expected<view_data> pending(command_call& call) {
  const auto limit = limit_of(call, 50);
  const auto of = subject_of(call);
  if (!limit || !of)
    return tl::unexpected(limit ? of.error() : limit.error());
  const auto rows = db::list_parked(*call.database, of->did, of->rkey, *limit + 1);
  if (!rows)
    return failed(rows.error());
  return list("parked", *rows, *limit, [](const db::parked_row& row) {
    return boost::json::object{
        {"operation",
         fmt::format("at://{}/{}/{}", row.creator, collection_text(row.collection), row.rkey)},
        {"waits_for",
         row.referent_collection == 0
             ? row.referent_rkey
             : fmt::format("at://{}/{}/{}", row.waits_for, collection_text(row.referent_collection),
                           row.referent_rkey)},
        {"parked_seconds", row.parked_seconds_ago}};
  });
}

expected<view_data> users(command_call& call) {
  const auto limit = limit_of(call, 20);
  if (!limit)
    return tl::unexpected(limit.error());
  const auto rows = db::list_users(*call.database, *limit + 1);
  if (!rows)
    return failed(rows.error());
  auto out = list("newest", *rows, *limit, [](const db::account_row& row) {
    return boost::json::object{{"id", row.id},
                               {"did", row.did},
                               {"handle", row.handle},
                               {"status", row.status.empty() ? "active" : row.status}};
  });
  out.truncated = false; // it says which: the newest
  const auto sizes = db::table_sizes(*call.database);
  if (!sizes)
    return failed(sizes.error());
  boost::json::array tables;
  for (const auto& each : *sizes)
    tables.push_back(
        boost::json::object{{"table", each.table}, {"rows", each.rows}, {"bytes", each.bytes}});
  out.data["tables"] = std::move(tables);
  return out;
}

expected<view_data> crashes(command_call& call) {
  const auto limit = limit_of(call, 20);
  if (!limit)
    return tl::unexpected(limit.error());
  const auto rows = db::newest_crashes(*call.database, *limit + 1);
  if (!rows)
    return failed(rows.error());
  return list("crashes", *rows, *limit, [](const db::stored_crash& row) {
    return boost::json::object{{"at", explanations::time_text(row.at)},
                               {"node", row.node},
                               {"actor", row.actor},
                               {"reason", row.reason},
                               {"last_message", row.last_message},
                               {"restarts", row.restarts},
                               {"waiting", row.waiting},
                               {"handled", row.handled},
                               {"uptime_seconds", row.uptime_seconds}};
  });
}

expected<view_data> actions(command_call& call) {
  const auto limit = limit_of(call, 20);
  if (!limit)
    return tl::unexpected(limit.error());
  const auto rows = db::newest_actions(*call.database, *limit + 1);
  if (!rows)
    return failed(rows.error());
  return list("actions", *rows, *limit, [](const db::operator_action& row) {
    return boost::json::object{{"at", explanations::time_text(row.at)},
                               {"node", row.node},
                               {"who", row.who},
                               {"address", row.address},
                               {"action", row.action},
                               {"arguments", row.arguments},
                               {"why", row.why},
                               {"result", row.result}};
  });
}

expected<view_data> sessions(command_call& call) {
  const auto found = db::count_sessions(*call.database);
  if (!found)
    return failed(found.error());
  view_data out;
  out.data = {{"sessions", found->sessions},
              {"expired_sessions", found->expired_sessions},
              {"oauth_states", found->oauth_states},
              {"expired_oauth_states", found->expired_oauth_states},
              {"counted_at_most", 10'000}};
  return out;
}

expected<view_data> dead_letters(command_call& call) {
  argument_reader given(call.arguments);
  const auto limit = given.number("limit", 50, 1, max_rows);
  const auto after = given.number("after", 0, 0, INT64_MAX);
  if (const auto& wrong = given.wrong())
    return tl::unexpected(*wrong);
  const auto rows = db::list_dead_letters(*call.database, after, limit + 1);
  if (!rows)
    return failed(rows.error());
  return list("dead_letters", *rows, limit, [](const db::dead_letter_summary& row) {
    return boost::json::object{{"id", row.id},
                               {"at", explanations::time_text(row.created_at)},
                               {"seq", row.seq},
                               {"did", row.did},
                               {"path", row.path.empty() ? "(whole frame)" : row.path},
                               {"sqlstate", row.sqlstate},
                               {"reason", row.reason},
                               {"bytes", row.bytes}};
  });
}

expected<view_data> dead_letter(command_call& call) {
  argument_reader given(call.arguments);
  const auto id = given.id("id");
  const auto limit = given.number("limit", 512, 1, 100'000);
  if (const auto& wrong = given.wrong())
    return tl::unexpected(*wrong);
  const auto rows = db::list_dead_letters(*call.database, id - 1, 1);
  if (!rows)
    return failed(rows.error());
  if (rows->empty() || rows->front().id != id)
    return fail(errc::not_found, "there is no dead letter {}", id);
  const auto& row = rows->front();
  const auto bytes = db::dead_letter_bytes(*call.database, id, limit);
  if (!bytes)
    return failed(bytes.error());
  view_data out;
  out.truncated = static_cast<std::int64_t>(bytes->size()) < row.bytes;
  out.data = {{"id", row.id},
              {"at", explanations::time_text(row.created_at)},
              {"seq", row.seq},
              {"service", config::mask_passwords(row.service)},
              {"did", row.did},
              {"path", row.path},
              {"sqlstate", row.sqlstate},
              {"reason", row.reason},
              {"bytes", row.bytes},
              {"hex", hex_text(*bytes)}};
  return out;
}

} // namespace prism::views
