#include "tests/integration/indexing.hpp"

#include "atproto/frame/frame.hpp"
#include "db/cluster/cluster.hpp"
#include "db/index/users.hpp"
#include "tests/support/pg_fixture.hpp"

#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <catch2/catch.hpp>

namespace prism::test {

namespace {

// Tables with the expressions that represent their rows, in no particular order.
const std::map<std::string, std::string> row_texts{
    {"posts", "SELECT did(creator_id), uri(id), encode(cid, 'hex'), commit_time, created_at, text, "
              "coalesce(violates_thread_gate, false), coalesce(violates_embedding_rules, false), "
              "coalesce(invalid_reply_root, false) FROM posts"},
    {"likes", "SELECT did(creator_id), rkey, uri(subject_id), uri(via_id), duplicate, encode(cid, "
              "'hex') FROM likes"},
    {"reposts", "SELECT did(creator_id), rkey, uri(subject_id), uri(via_id), duplicate, "
                "encode(cid, 'hex') FROM reposts"},
    {"follows",
     "SELECT did(creator_id), rkey, did(subject_id), duplicate, encode(cid, 'hex') FROM follows"},
    {"blocks",
     "SELECT did(creator_id), rkey, did(subject_id), duplicate, encode(cid, 'hex') FROM blocks"},
    {"profiles",
     "SELECT did(creator_id), rkey, display_name, description, encode(cid, 'hex') FROM profiles"},
    {"pending_ops", "SELECT did(creator_id), collection, rkey, uri(referent_id), encode(cid, "
                    "'hex') FROM pending_ops"},
    {"feed_items", "SELECT did(originator_id), sort_at, uri(post_id), repost_rkey FROM feed_items"},
    {"post_aggregates",
     "SELECT uri(post_id), like_count, repost_count, reply_count, quote_count FROM post_aggregates "
     "WHERE like_count + repost_count + reply_count + quote_count <> 0"},
    {"user_aggregates",
     "SELECT did(user_id), followers_count, follows_count, posts_count FROM user_aggregates "
     "WHERE followers_count + follows_count + posts_count <> 0"},
    {"notifications",
     "SELECT did(recipient_id), did(author_id), reason, rkey, uri(subject_id), created_at "
     "FROM notifications"},
    {"list_items",
     "SELECT did(creator_id), rkey, uri(list_id), did(subject_id), duplicate FROM list_items"},
    {"thread_gates", "SELECT uri(id), commit_time, encode(cid, 'hex') FROM thread_gates"},
    {"post_gates", "SELECT uri(id), commit_time, encode(cid, 'hex') FROM post_gates"},
    {"verifications",
     "SELECT did(creator_id), rkey, did(subject_id), duplicate FROM verifications"},
    {"reference_list_opt_outs",
     "SELECT did(creator_id), rkey, uri(list_id), duplicate FROM reference_list_opt_outs"},
    {"deleted_op_replies",
     "SELECT uri(root_id), uri(post_id), uri(parent_id), place / 256, deleted_at "
     "FROM deleted_op_replies d WHERE NOT EXISTS (SELECT FROM posts p WHERE p.id = d.post_id "
     "AND p.reply_root_id = d.root_id)"},
    {"past_posts", "SELECT uri(id), place / 256, until / 256, invalid_reply_root FROM past_posts"},
    {"past_thread_gates",
     "SELECT uri(id), place / 256, until / 256, allows FROM past_thread_gates"},
    {"past_post_gates", "SELECT uri(id), place / 256, until / 256 FROM past_post_gates"},
    {"past_pairs", "SELECT did(second_id), collection, place / 256, until / 256 FROM past_pairs"},
    {"refused_records",
     "SELECT did(user_id), collection, rkey, encode(cid, 'hex'), reason, message, "
     "place FROM refused_records"},
    {"repos", "SELECT did(user_id), rev, encode(commit_cid, 'hex') FROM repos"},
};

constexpr const char* helpers = R"(
CREATE OR REPLACE FUNCTION pg_temp.did(bigint) RETURNS text LANGUAGE sql STABLE AS
  'SELECT did FROM users WHERE id = $1';
CREATE OR REPLACE FUNCTION pg_temp.uri(bigint) RETURNS text LANGUAGE sql STABLE AS
  'SELECT coalesce((SELECT did FROM users WHERE users.id = repo_id), '''') || ''/'' || collection || ''/'' || rkey
   FROM uris WHERE uris.id = $1';
)";

} // namespace

std::vector<std::string> differing(const std::map<std::string, std::string>& a,
                                   const std::map<std::string, std::string>& b) {
  std::vector<std::string> out;
  for (const auto& [table, rows] : a)
    if (const auto other = b.find(table); other == b.end() || other->second != rows)
      out.push_back(table);
  return out;
}

test_writer take_over(db::connection& on, const std::string& service, std::int32_t shards) {
  constexpr std::chrono::minutes patience{2};
  const db::tx_options options{.deadline = patience, .lock_timeout = patience};
  const auto node = to_string(boost::uuids::random_generator()());
  static_cast<void>(db::join_cluster(on, options,
                                     {.id = node,
                                      .service = service,
                                      .name = "test",
                                      .address = {},
                                      .version = "test",
                                      .protocol = {1, 1},
                                      .shards = shards,
                                      .ttl = patience})
                        .value());
  const auto led =
      db::cluster_round(on, options, service, node,
                        {.lease = cluster::round_request::lease_action::take}, patience)
          .value();
  cluster::placement_plan plan{.from_view = led.view, .dead = {}, .moved = {}};
  for (const auto& each : led.placement)
    plan.moved.push_back({each.shard, node, 0, false});
  const auto placed = db::place_shards(on, options, service, node, led.lead.epoch, plan).value();
  return {node, placed.lead.epoch, placed.view};
}

index_target::index_target() : index_target(pg_fixture::migrated_database()) {}

index_target::index_target(const std::string& conninfo)
    : connection(db::connection::open({.conninfo = conninfo}).value()) {
  const auto migrated = db::migrate(connection);
  REQUIRE(migrated);
  events_.rejected = [this](auto, std::string_view path, std::string_view reason, const auto&) {
    rejected.emplace_back(path);
    ++reasons[std::string{reason}];
  };
  events_.skipped = [](auto) {};
}

void index_target::flush(db::batch_builder& builder, std::int64_t last_seq) {
  auto batch = builder.take();
  batch.service = "test";
  batch.verify_deletions = verify_deletions;
  batch.token = writer.token;
  batch.last_seq = last_seq;
  batch.user_ids = db::intern_users(connection, batch.refs.dids()).value();
  const auto done = db::apply_batch(connection, {}, batch);
  if (!done)
    FAIL(done.error().statement << " " << done.error().sqlstate << " " << done.error().message);
}

void index_target::apply(const std::vector<frame_bytes>& frames, std::size_t batch_frames) {
  // From the start, whatever cursor an earlier writer has left: a replay.
  REQUIRE(connection.exec_script("DELETE FROM firehose_cursor"));
  writer = take_over(connection);
  db::batch_builder builder(events_, 0, arrival);
  arrived_ = 0;
  for (const auto& data : frames) {
    const auto decoded = atproto::decode_frame(*data);
    REQUIRE(decoded);
    const auto* account = std::get_if<atproto::account_frame>(&*decoded);
    const bool alone = account != nullptr && account->status == "deleted";
    if (builder.frames() > 0 && (alone || builder.frames() >= batch_frames))
      flush(builder, arrived_);
    REQUIRE(builder.add(*decoded));
    ++arrived_;
    if (alone)
      flush(builder, arrived_);
  }
  if (builder.frames() > 0)
    flush(builder, arrived_);
}

void index_target::clear() {
  REQUIRE(connection.exec_script(R"sql(
    DO $$
    BEGIN
      EXECUTE (
        SELECT coalesce('TRUNCATE ' || string_agg(oid::regclass::text, ', '), 'SELECT')
        FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
          AND relname <> 'schema_migrations' AND pg_relation_size(oid) > 0
      );
    END $$)sql"));
}

db::batch index_target::batch_of(const std::vector<frame_bytes>& frames) {
  db::batch_builder builder(events_, 0, arrival);
  for (const auto& data : frames) {
    REQUIRE(builder.add(*atproto::decode_frame(*data)));
    ++arrived_;
  }
  auto out = builder.take();
  out.service = "test";
  out.verify_deletions = verify_deletions;
  out.token = writer.token;
  out.last_seq = arrived_;
  out.user_ids = db::intern_users(connection, out.refs.dids()).value();
  return out;
}

std::int64_t index_target::count(const std::string& from) {
  const auto rows = connection.exec("SELECT count(*) FROM " + from);
  if (!rows)
    FAIL(rows.error().message);
  return rows->get_int8(0, 0);
}

std::map<std::string, std::string> index_target::fingerprints() {
  return test::fingerprints(connection);
}

std::map<std::string, std::string> fingerprints(db::connection& on) {
  std::map<std::string, std::string> out;
  REQUIRE(on.exec_script(helpers));
  for (const auto& [table, query] : row_texts) {
    auto text = query;
    for (const std::string_view name : {"did(", "uri("})
      for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + 12))
        text.insert(at, "pg_temp.");
    const auto rows = on.exec("SELECT count(*)::text || ' ' || coalesce(md5(string_agg(r::text, "
                              "'|' ORDER BY r::text)), '') FROM (" +
                              text + ") r");
    if (!rows)
      FAIL(table << ": " << rows.error().message);
    out[table] = rows->get_text(0, 0);
  }
  return out;
}

} // namespace prism::test
