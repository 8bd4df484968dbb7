#include "actors/runtime/replication.hpp"

#include "log/log.hpp"

namespace prism {

namespace {

constexpr const char* problem = "replication";

} // namespace

void report_unreplicated(node_context& node) {
  node.metrics.database().unreplicated->Increment();
  const bool first = node.status.unreplicated_since.exchange(
                         std::chrono::steady_clock::now().time_since_epoch().count()) == 0;
  node.status.set_problem(problem, "commits are on the primary only, no synchronous standby has "
                                   "confirmed them");
  if (first)
    log::database().warn(
        "commits are on the primary only: the synchronous standby did not confirm one in "
        "time; they are lost if the primary is lost now");
}

void report_replicated(node_context& node, std::chrono::steady_clock::time_point begun) {
  auto since = node.status.unreplicated_since.load();
  if (since == 0 || begun.time_since_epoch().count() <= since)
    return;
  if (!node.status.unreplicated_since.compare_exchange_strong(since, 0))
    return;
  node.status.clear_problem(problem);
  log::database().info("commits are replicated again");
}

} // namespace prism
