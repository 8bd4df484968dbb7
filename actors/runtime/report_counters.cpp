#include "actors/runtime/report_counters.hpp"

#include "metrics/labels.hpp"

namespace prism {

std::size_t count_report(metrics::registry& metrics, const db::apply_report& report) {
  std::size_t ops = 0;
  for (std::size_t kind = 1; kind < report.ops.size(); ++kind)
    for (std::size_t action = 0; action < report.ops[kind].size(); ++action) {
      const auto n = report.ops[kind][action];
      if (n == 0)
        continue;
      ops += n;
      metrics.ops(atproto::nsid_of(static_cast<atproto::collection>(kind)))
          .of(metrics::labels::actions[action])
          .Increment(n);
    }
  constexpr std::string_view names[]{"parked", "released", "cancelled"};
  for (const auto& each : report.pending)
    metrics.pending().events.of(names[static_cast<std::size_t>(each.what)]).Increment();
  return ops;
}

} // namespace prism
