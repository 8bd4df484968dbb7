#include "core/readiness.hpp"

#include <fmt/format.h>
#include <string_view>

namespace prism {

readiness evaluate_readiness(const readiness_facts& facts) {
  readiness out{.ready = true, .text = {}};
  const auto require = [&out](bool holds, std::string_view fact) {
    out.text += fmt::format("{} {}\n", holds ? "ok  " : "FAIL", fact);
    out.ready = out.ready && holds;
  };
  require(facts.database_reachable, "database reachable");
  require(facts.schema_current, "schema current");
  require(facts.firehose_running, "firehose running");
  require(!facts.draining, "not draining");
  if (!facts.ending.empty())
    require(false, "ending: " + facts.ending);
  for (const auto& [actor, problem] : facts.problems)
    require(false, fmt::format("{}: {}", actor, problem));
  if (!facts.read_by.empty()) {
    out.text += fmt::format("info relay read by node '{}'\n", facts.read_by);
    return out;
  }
  out.text += fmt::format("info relay {}, {}\n", facts.firehose_connected ? "connected" : "away",
                          facts.newest_event_age ? fmt::format("newest committed event {} s old",
                                                               facts.newest_event_age->count())
                                                 : std::string{"nothing committed yet"});
  return out;
}

} // namespace prism
