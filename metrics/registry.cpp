#include "metrics/registry.hpp"

#include "core/log_counters.hpp"
#include "metrics/declared_bundles.hpp"
#include "metrics/declarer.hpp"
#include "metrics/labels.hpp"
#include "metrics/memory.hpp"
#include "metrics/process.hpp"

#include <algorithm>
#include <list>
#include <map>
#include <mutex>
#include <prometheus/text_serializer.h>
#include <set>
#include <sstream>

namespace prism::metrics {

struct registry::impl {
  explicit impl(const registry_options& options)
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

  // The index of a collection in `ops`; the last one is `other`.
  [[nodiscard]] std::size_t index_of(std::string_view collection) const noexcept {
    const auto found = std::lower_bound(collections.begin(), collections.end(), collection);
    return found != collections.end() && *found == collection
               ? static_cast<std::size_t>(found - collections.begin())
               : collections.size();
  }

  std::mutex sampling; // held during `sample` and the collection after it
  std::list<std::function<void()>> setters;

  void sample(std::chrono::system_clock::time_point now) {
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

  void sample_channels() {
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

  using counter_family = prometheus::Family<prometheus::Counter>;
  using gauge_family = prometheus::Family<prometheus::Gauge>;

  declarer declare;
  firehose_metrics firehose;
  prometheus::Gauge* behind = declare.gauge(
      "firehose_lag_seconds", "How far the time that the last committed events state is "
                              "behind now; also grows while the relay sends nothing.");
  counter_family& shard_frames = declare.counter_family(
      "shard_frames_total", "Frames received from the firehose actor, resent ones included.",
      {"shard"});
  gauge_family& shard_held = declare.gauge_family(
      "shard_held", "1 while the shard is blocked on a frame that needs operator action, else 0.",
      {"shard"});
  gauge_family& channel_depth = declare.gauge_family(
      "edge_depth",
      "Units in flight on an edge, that is, a channel between two actors limited by credit.",
      {"edge"});
  gauge_family& channel_capacity =
      declare.gauge_family("edge_capacity", "Units that the channel allows in flight.", {"edge"});
  counter_family& channel_exhausted =
      declare.counter_family("edge_exhausted_total", "Times the channel became full.", {"edge"});
  counter_family& channel_stalled = declare.counter_family(
      "edge_stalled_seconds_total", "Time during which the channel was full.", {"edge"});
  counter_family& ops_family =
      declare.counter_family("ops_total", "Record operations indexed, by collection and action.",
                             {"collection", "action"});
  counter_family& rejected_family = declare.counter_family(
      "records_rejected_total", "Records rejected by validation, by collection and reason.",
      {"collection", "reason"});
  batch_metrics batches;
  database_metrics database;
  user_creation_metrics user_creation;
  identity_metrics identity;
  pending_metrics pending;
  node_metrics node;
  http_metrics http;
  tunnel_metrics tunnel;
  cluster_metrics cluster;
  dataplane_metrics dataplane;
  counter_family& method_calls = declare.counter_family(
      "dataplane_calls_total", "Calls of the data plane, by method and status.",
      {"method", "status"});
  prometheus::Family<prometheus::Histogram>& method_seconds =
      declare.histogram_family("dataplane_call_seconds",
                               "Seconds from the arrival of a call of the data plane to its "
                               "answer, by method; of those that "
                               "reached a session or need none.",
                               {"method"});
  counter_family& cache_hits =
      declare.counter_family("cache_hits_total", "Cache lookups that found an entry.", {"cache"});
  counter_family& cache_misses =
      declare.counter_family("cache_misses_total", "Cache lookups that found no entry.", {"cache"});
  counter_family& cache_evictions = declare.counter_family(
      "cache_evictions_total", "Cache entries evicted to make room.", {"cache"});
  gauge_family& cache_entries =
      declare.gauge_family("cache_entries", "Entries in the cache.", {"cache"});
  counter_family& actor_restarts =
      declare.counter_family("actor_restarts_total", "Restarts of the actor.", {"actor"});
  gauge_family& actor_mailbox = declare.gauge_family(
      "actor_mailbox_depth", "Messages waiting in the actor's mailbox.", {"actor"});
  counter_family& actor_messages =
      declare.counter_family("actor_messages_total", "Messages handled by the actor.", {"actor"});
  counter_family& actor_handling = declare.counter_family(
      "actor_handling_seconds_total", "Time spent in the actor's message handlers.", {"actor"});
  prometheus::Family<prometheus::Histogram>& actor_times = declare.histogram_family(
      "actor_message_seconds", "Time of the actor's message handlers, by type of the message.",
      {"actor", "message"});
  prometheus::Counter* chaos_kills =
      declare.counter("chaos_kills_total", "Actors killed on purpose, for tests.");
  counter_family& job_runs =
      declare.counter_family("job_runs_total", "Runs of the background job.", {"background_job"});
  counter_family& job_failures = declare.counter_family(
      "job_failures_total", "Failed runs of the background job.", {"background_job"});
  counter_family& job_rows = declare.counter_family(
      "job_rows_total", "Rows deleted or corrected by the background job.", {"background_job"});
  gauge_family& job_last_run = declare.gauge_family(
      "job_last_run_timestamp_seconds",
      "End of the background job's last run, in seconds since 1970.", {"background_job"});
  gauge_family& job_last_duration =
      declare.gauge_family("job_last_duration_seconds",
                           "Duration of the background job's last run.", {"background_job"});
  labelled_counter audit_findings = declare.counters(
      "audit_findings_total", "Incorrect rows found and corrected by the janitor, by table.",
      "table", labels::audited_tables);
  prometheus::Gauge* refused_records =
      declare.gauge("refused_records",
                    "Records of which the newest version was refused, as of the janitor's last "
                    "run.");
  prometheus::Counter* dropped_lines =
      declare.counter("log_lines_dropped_total",
                      "Lines of the log that were dropped because nobody read the standard "
                      "error, or that could not be formatted.");
  prometheus::Gauge* log_bytes =
      declare.gauge("log_queued_bytes", "Bytes of the lines of the log that wait to be written.");
  prometheus::Gauge* log_capacity = declare.gauge(
      "log_queue_capacity_bytes", "Bytes of waiting lines beyond which the oldest are dropped.");
  prometheus::Gauge* allocated = declare.gauge(
      "memory_allocated_bytes", "Memory in use by the program, as the allocator counts it.");
  prometheus::Gauge* active =
      declare.gauge("memory_active_bytes", "Memory of the pages of which any part is in use.");
  prometheus::Gauge* held =
      declare.gauge("memory_resident_bytes",
                    "Physical memory that the allocator holds, pages kept for later included.");
  prometheus::Gauge* retained =
      declare.gauge("memory_retained_bytes",
                    "Addresses that the allocator keeps without physical memory behind them.");
  prometheus::Gauge* resident =
      declare.process_gauge("process_resident_memory_bytes", "Resident memory of the process.");
  prometheus::Counter* cpu = declare.process_counter("process_cpu_seconds_total",
                                                     "User and system CPU time of the process.");
  prometheus::Gauge* open_fds = declare.process_gauge("process_open_fds", "Open file descriptors.");
  prometheus::Gauge* start_time = declare.process_gauge(
      "process_start_time_seconds", "Start of the process, in seconds since 1970.");
  prometheus::Gauge* threads = declare.process_gauge("process_threads", "Threads of the process.");

  std::vector<std::string> collections; // sorted
  std::vector<labelled_counter> ops;    // in the order of `collections`, then `other`

  struct shown_channel {
    std::shared_ptr<bounded_channel> channel;
    channel_metrics out;
  };
  std::map<std::string, shown_channel, std::less<>> channels; // complete before any thread reads

  std::map<std::string, std::vector<inbox_channel>> inboxes; // by actor; likewise

  std::mutex times_mutex;
  std::map<std::string, message_times> times;

  std::mutex reasons_mutex;
  std::set<std::string, std::less<>> reasons;
};

registry::registry(const registry_options& options) : impl_(std::make_unique<impl>(options)) {
  for (std::size_t i = 0; i < options.shards; ++i)
    static_cast<void>(shard(i));
}

registry::~registry() = default;

const firehose_metrics& registry::firehose() const noexcept {
  return impl_->firehose;
}

const batch_metrics& registry::batches() const noexcept {
  return impl_->batches;
}

const database_metrics& registry::database() const noexcept {
  return impl_->database;
}

const user_creation_metrics& registry::user_creation() const noexcept {
  return impl_->user_creation;
}

const identity_metrics& registry::identity() const noexcept {
  return impl_->identity;
}

const pending_metrics& registry::pending() const noexcept {
  return impl_->pending;
}

const node_metrics& registry::node() const noexcept {
  return impl_->node;
}

const http_metrics& registry::http() const noexcept {
  return impl_->http;
}

const cluster_metrics& registry::cluster() const noexcept {
  return impl_->cluster;
}

const dataplane_metrics& registry::dataplane() const noexcept {
  return impl_->dataplane;
}

dataplane_method_metrics registry::dataplane_method(std::string_view name) {
  const prometheus::Labels labels{{"method", std::string(name)}};
  return {.calls = labelled_counter(impl_->method_calls, "status", labels::call_statuses, labels),
          .seconds = &impl_->method_seconds.Add(
              labels, prometheus::Histogram::BucketBoundaries{0.0005, 0.001, 0.0025, 0.005, 0.01,
                                                              0.025, 0.1, 0.5, 2.5})};
}

const tunnel_metrics& registry::tunnel() const noexcept {
  return impl_->tunnel;
}

const labelled_counter& registry::ops(std::string_view collection) const noexcept {
  return impl_->ops[impl_->index_of(collection)];
}

prometheus::Counter& registry::rejected(std::string_view collection, std::string_view reason) {
  const auto index = impl_->index_of(collection);
  const auto known = index < impl_->collections.size();
  std::string counted_reason(reason);
  {
    const std::lock_guard lock(impl_->reasons_mutex);
    if (impl_->reasons.size() < max_reject_reasons)
      impl_->reasons.insert(counted_reason);
    else if (!impl_->reasons.contains(reason))
      counted_reason = labels::other;
  }
  return impl_->rejected_family.Add(
      {{"collection", known ? impl_->collections[index] : std::string(labels::other)},
       {"reason", counted_reason}});
}

shard_metrics registry::shard(std::size_t number) {
  const prometheus::Labels labels{{"shard", std::to_string(number)}};
  return {.frames = &impl_->shard_frames.Add(labels), .held = &impl_->shard_held.Add(labels)};
}

channel_metrics registry::channel(const std::string& name) {
  const prometheus::Labels labels{{"edge", name}};
  return {.depth = &impl_->channel_depth.Add(labels),
          .capacity = &impl_->channel_capacity.Add(labels),
          .exhausted = &impl_->channel_exhausted.Add(labels),
          .stalled_seconds = &impl_->channel_stalled.Add(labels)};
}

void registry::declare_channel(const std::string& name, std::size_t capacity) {
  impl_->channels.try_emplace(
      name, impl::shown_channel{std::make_shared<bounded_channel>(capacity), channel(name)});
}

void registry::declare_inbox(const std::string& name, const std::string& actor,
                             const std::type_info& message, std::size_t capacity) {
  declare_channel(name, capacity);
  impl_->inboxes[actor].push_back({&message, bounded(name)});
}

std::shared_ptr<bounded_channel> registry::bounded(std::string_view name) const {
  const auto found = impl_->channels.find(name);
  return found == impl_->channels.end() ? nullptr : found->second.channel;
}

cache_metrics registry::cache(const std::string& name) {
  const prometheus::Labels labels{{"cache", name}};
  return {.hits = &impl_->cache_hits.Add(labels),
          .misses = &impl_->cache_misses.Add(labels),
          .evictions = &impl_->cache_evictions.Add(labels),
          .entries = &impl_->cache_entries.Add(labels)};
}

actor_metrics registry::actor(const std::string& name) {
  const prometheus::Labels labels{{"actor", name}};
  auto* times = [&] {
    const std::lock_guard lock(impl_->times_mutex);
    return &impl_->times.try_emplace(name, impl_->actor_times, name).first->second;
  }();
  const auto inboxes = impl_->inboxes.find(name);
  return {.restarts = &impl_->actor_restarts.Add(labels),
          .mailbox_depth = &impl_->actor_mailbox.Add(labels),
          .messages = &impl_->actor_messages.Add(labels),
          .handling_seconds = &impl_->actor_handling.Add(labels),
          .times = times,
          .inboxes =
              inboxes == impl_->inboxes.end() ? std::vector<inbox_channel>{} : inboxes->second};
}

namespace {

[[nodiscard]] prometheus::Labels labels_of_job(const std::string& name) {
  return {{"background_job", name}};
}

} // namespace

job_metrics registry::job(const std::string& name) {
  const auto labels = labels_of_job(name);
  return {.runs = &impl_->job_runs.Add(labels),
          .failures = &impl_->job_failures.Add(labels),
          .rows = &impl_->job_rows.Add(labels),
          .last_run = &impl_->job_last_run.Add(labels),
          .last_duration = &impl_->job_last_duration.Add(labels)};
}

bool registry::has_job(const std::string& name) const {
  return impl_->job_runs.Has(labels_of_job(name));
}

const labelled_counter& registry::audit_findings() const noexcept {
  return impl_->audit_findings;
}

prometheus::Gauge& registry::refused_records() noexcept {
  return *impl_->refused_records;
}

prometheus::Counter& registry::chaos_kills() noexcept {
  return *impl_->chaos_kills;
}

std::span<const family_info> registry::families() const noexcept {
  return impl_->declare.families();
}

std::shared_ptr<void> registry::before_scrape(std::function<void()> set) {
  const std::scoped_lock lock(impl_->sampling);
  const auto place = impl_->setters.insert(impl_->setters.end(), std::move(set));
  return {impl_.get(), [place](impl* of) {
            const std::scoped_lock waits_for_calls(of->sampling);
            of->setters.erase(place);
          }};
}

std::vector<registry::reading> registry::read(std::string_view prefix) const {
  const std::scoped_lock lock(impl_->sampling);
  impl_->sample(std::chrono::system_clock::now());
  std::vector<reading> out;
  for (const auto& family : impl_->declare.collect()) {
    if (!family.name.starts_with(prefix))
      continue;
    for (const auto& series : family.metric) {
      reading found{family.name, {}, series.gauge.value};
      if (family.type == prometheus::MetricType::Counter)
        found.value = series.counter.value;
      for (const auto& label : series.label)
        found.labels.emplace(label.name, label.value);
      out.push_back(std::move(found));
    }
  }
  return out;
}

double registry::ops_total() const noexcept {
  double out = 0;
  for (const auto& each : impl_->ops)
    out += each.total();
  return out;
}

std::string registry::serialize(std::chrono::system_clock::time_point now) {
  const std::scoped_lock lock(impl_->sampling);
  impl_->sample(now);
  std::ostringstream out;
  prometheus::TextSerializer{}.Serialize(out, impl_->declare.collect());
  return std::move(out).str();
}

} // namespace prism::metrics
