#pragma once

#include "metrics/declared_bundles.hpp"
#include "metrics/declarer.hpp"
#include "metrics/labels.hpp"
#include "metrics/registry.hpp"

#include <list>
#include <map>
#include <mutex>
#include <set>

namespace prism::metrics {

/// The families of the registry, and what it sets before a scrape. Internal to metrics/.
struct registry::impl {
  explicit impl(const registry_options& options);

  /// The index of a collection in `ops`; the last one is `other`.
  [[nodiscard]] std::size_t index_of(std::string_view collection) const noexcept;

  std::mutex sampling; // held during `sample` and the collection after it
  std::list<std::function<void()>> setters;

  /// Sets what is known only when it is asked for. Under `sampling`.
  void sample(std::chrono::system_clock::time_point now);
  void sample_channels();

  using counter_family = prometheus::Family<prometheus::Counter>;
  using gauge_family = prometheus::Family<prometheus::Gauge>;

  declarer declare;
  firehose_metrics firehose;
  prometheus::Gauge* behind = declare.gauge(
      "firehose_lag_seconds", "Time since the median time that the last committed events "
                              "state; also grows while the relay sends nothing.");
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

} // namespace prism::metrics
