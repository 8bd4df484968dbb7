#include "metrics/registry_impl.hpp"

#include "core/log_counters.hpp"
#include "metrics/labels.hpp"
#include "metrics/memory.hpp"
#include "metrics/process.hpp"

#include <algorithm>

namespace prism::metrics {

registry::impl::impl(const registry_options& options)
    : firehose(declare_firehose(declare)), batches(declare_batches(declare)),
      database(declare_database(declare)), user_creation(declare_user_creation(declare)),
      identity(declare_identity(declare)), pending(declare_pending(declare)),
      node(declare_node(declare)), http(declare_http(declare)), tunnel(declare_tunnel(declare)),
      cluster(declare_cluster(declare)), dataplane(declare_dataplane(declare)) {
  declare.info("build_info", "Version and revision of the running program; always 1.",
               {{"version", options.version}, {"revision", options.revision}});
  collections.assign(options.collections.begin(), options.collections.end());
  std::sort(collections.begin(), collections.end());
  for (const auto& collection : collections)
    ops.emplace_back(ops_family, "action", labels::actions,
                     prometheus::Labels{{"collection", collection}});
  ops.emplace_back(ops_family, "action", labels::actions,
                   prometheus::Labels{{"collection", std::string(labels::other)}});
}

std::size_t registry::impl::index_of(std::string_view collection) const noexcept {
  const auto found = std::lower_bound(collections.begin(), collections.end(), collection);
  return found != collections.end() && *found == collection
             ? static_cast<std::size_t>(found - collections.begin())
             : collections.size();
}

void registry::impl::sample(std::chrono::system_clock::time_point now) {
  const auto event = firehose.event_timestamp->Value();
  if (event > 0)
    behind->Set(std::chrono::duration<double>(now.time_since_epoch()).count() - event);
  sample_channels();
  for (const auto& set : setters)
    set();
  raise_to(*dropped_lines, static_cast<double>(dropped_log_lines.load()));
  if (const auto process = sample_process()) {
    resident->Set(static_cast<double>(process->resident_bytes));
    raise_to(*cpu, process->cpu_seconds);
    open_fds->Set(static_cast<double>(process->open_fds));
    start_time->Set(process->start_time);
    threads->Set(static_cast<double>(process->threads));
  }
  if (const auto memory = sample_memory()) {
    allocated->Set(static_cast<double>(memory->allocated));
    active->Set(static_cast<double>(memory->active));
    held->Set(static_cast<double>(memory->resident));
    retained->Set(static_cast<double>(memory->retained));
  }
}

void registry::impl::sample_channels() {
  const auto now = steady_clock::now();
  for (const auto& [name, shown] : channels) {
    const auto state = shown.channel->read(now);
    shown.out.depth->Set(static_cast<double>(state.depth));
    shown.out.capacity->Set(static_cast<double>(state.capacity));
    raise_to(*shown.out.exhausted, static_cast<double>(state.times_full));
    raise_to(*shown.out.stalled_seconds, std::chrono::duration<double>(state.full).count());
  }
  log_bytes->Set(static_cast<double>(queued_log_bytes.load()));
  log_capacity->Set(static_cast<double>(log_queue_capacity.load()));
}

} // namespace prism::metrics
