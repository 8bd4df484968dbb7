// Ids that a session knows are not looked up again, and are shared only on one run of one server.

#include "db/reads/ids.hpp"
#include "db/reads/server_ids.hpp"
#include "tests/integration/firehose_builder.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/support/must.hpp"

#include <array>
#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::test;

namespace {

using views = std::vector<std::string_view>;

/// Counts the round trips of a connection.
class counting_executor final : public db::executor {
public:
  explicit counting_executor(db::executor& on) noexcept : on_(&on) {}

  [[nodiscard]] db::outcome<std::vector<db::result>>
  round_trip(std::span<const db::request> requests) override {
    ++round_trips;
    return on_->round_trip(requests);
  }
  [[nodiscard]] db::outcome<void> exec_script(const std::string& sql) override {
    return on_->exec_script(sql);
  }

  int round_trips{0};

private:
  db::executor* on_;
};

} // namespace

TEST_CASE("names and ids are looked up once, in either direction") {
  firehose_builder events;
  const auto first = events.post("alice", "p1");
  const auto second = events.post("bob", "p2");
  index_target target;
  target.apply(events.take(), 10);
  counting_executor counted(target.connection);
  reads::session on(counted);
  const views uris{first.uri, "at://did:plc:nobody/app.bsky.feed.post/x", second.uri, first.uri,
                   std::string_view{"a\0b", 3}};
  const auto ids = must(reads::ids_of_uris(on, uris));
  CHECK(counted.round_trips == 1);
  CHECK(ids.at(0) > 0);
  CHECK(ids.at(1) == 0);
  CHECK(ids.at(2) > 0);
  CHECK(ids.at(3) == ids.at(0));
  CHECK(ids.at(4) == 0);
  // By then also the other way round, and the accounts.
  const auto texts = must(reads::uris_of_ids(on, {ids.at(2), ids.at(0), ids.at(0), 0}));
  CHECK(texts == reads::texts{{ids.at(0), first.uri}, {ids.at(2), second.uri}});
  const auto dids = must(reads::ids_of_dids(on, views{did_of("alice"), did_of("bob")}));
  CHECK(must(reads::dids_of_ids(on, dids)).at(dids.at(1)) == did_of("bob"));
  CHECK(counted.round_trips == 1);
  // Another session has to ask, from ids to names, too.
  reads::session another(counted);
  CHECK(must(reads::uris_of_ids(another, ids)) == texts);
  CHECK(must(reads::dids_of_ids(another, dids)).at(dids.at(0)) == did_of("alice"));
  CHECK(counted.round_trips == 2);
}

TEST_CASE("a name that did not exist is found as soon as it does") {
  firehose_builder events;
  events.post("alice", "p1");
  index_target target;
  target.apply(events.take(), 10);
  reads::session on(target.connection);
  const auto later = events.post("carol", "p2");
  CHECK(must(reads::ids_of_uris(on, views{later.uri})) == reads::ids{0});
  CHECK(must(reads::ids_of_dids(on, views{did_of("carol")})) == reads::ids{0});
  target.apply(events.take(), 10);
  CHECK(must(reads::ids_of_uris(on, views{later.uri})).at(0) > 0);
  CHECK(must(reads::ids_of_dids(on, views{did_of("carol")})).at(0) > 0);
}

TEST_CASE("sessions share ids while the one that began is open") {
  index_target target;
  const auto open = [&] { return connect_to(target.connection.options().conninfo); };
  reads::server_ids shared;
  auto founder = open();
  auto second = open();
  const auto ids = must(shared.join(founder)).ids;
  CHECK(must(shared.join(second)).ids == ids);
  CHECK(shared.current() == ids);
  founder.close();
  // The server may have lost its last commits meanwhile, and given their ids to others.
  auto third = open();
  std::shared_ptr<reads::id_cache> next;
  // A session ends a moment after its client.
  for (int i = 0; i < 1000 && (next == nullptr || next == ids); ++i)
    next = must(shared.join(third)).ids;
  CHECK(next != ids);
  CHECK(shared.current() == next);
  auto fourth = open();
  CHECK(must(shared.join(fourth)).ids == next);
}

TEST_CASE("sessions of two databases share no ids") {
  index_target one;
  index_target other;
  reads::server_ids shared;
  const auto first = must(shared.join(one.connection)).ids;
  CHECK(must(shared.join(other.connection)).ids != first);
}
