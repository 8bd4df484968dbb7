#include "actors/cluster/arrangement.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using wanted = std::map<std::string, std::string>;

namespace {

// Nodes a and b; a holds the lease; shard 0 is on a, shard 1 on b, shard 2 on nobody.
cluster_snapshot seen_by(const std::string& self) {
  return {.self = self,
          .table = {.view = 9,
                    .lead = {.holder = "a", .epoch = 4},
                    .members = {{.id = "a", .name = "A"}, {.id = "b", .name = "B"}},
                    .placement = {{.shard = 0, .node = "a", .token = 7},
                                  {.shard = 1, .node = "b", .token = 8},
                                  {.shard = 2}}}};
}

} // namespace

TEST_CASE("the leader runs firehose, janitor, its shards, and proxies of the others") {
  CHECK(arrange_node(seen_by("a")) == wanted{{"firehose", "lead 4"},
                                             {"janitor", "lead 4"},
                                             {"shard-0", "own 7"},
                                             {"shard-1", "of b 8"}});
}

TEST_CASE("who does not lead runs its shards and the proxy of the leader's firehose") {
  CHECK(arrange_node(seen_by("b")) == wanted{{"firehose", "of a"}, {"shard-1", "own 8"}});
}

TEST_CASE("nobody's firehose is followed when the leader is dead") {
  auto now = seen_by("b");
  now.table.members[0].dead_reason = "expired";
  CHECK(arrange_node(now) == wanted{{"shard-1", "own 8"}});
}
