#include "metrics/declared_bundles.hpp"

#include "metrics/labels.hpp"

namespace prism::metrics {

namespace {

const prometheus::Histogram::BucketBoundaries frame_buckets{1,   2,   5,    10,   20,   50,   100,
                                                            200, 500, 1000, 2000, 5000, 10000};
const prometheus::Histogram::BucketBoundaries op_buckets{1,   2,   5,    10,   20,   50,    100,
                                                         200, 500, 1000, 2000, 5000, 10000, 20000};
const prometheus::Histogram::BucketBoundaries second_buckets{
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};

} // namespace

firehose_metrics declare_firehose(declarer& d) {
  return {
      .frames = d.counters("firehose_frames_total", "Frames read.", "kind", labels::frame_kinds),
      .bytes = d.counter("firehose_bytes_total", "Bytes of the frames read."),
      .bad_frames = d.counters("firehose_bad_frames_total", "Frames counted and passed over.",
                               "reason", labels::bad_frame_reasons),
      .repeated = d.counter("firehose_repeated_frames_total",
                            "Frames passed over because their seq was not above one read before."),
      .connects = d.counter("firehose_connects_total", "WebSockets opened."),
      .disconnects =
          d.counters("firehose_disconnects_total", "Ends of connections and of attempts at one.",
                     "reason", labels::disconnect_reasons),
      .connected = d.gauge("firehose_connected", "1 while a WebSocket is open, else 0."),
      .last_seq = d.gauge("firehose_last_seq", "Highest sequence number read."),
      .durable_seq = d.gauge("firehose_durable_seq",
                             "Sequence number at or below which everything is committed."),
      .event_timestamp = d.gauge("firehose_event_timestamp_seconds",
                                 "Time of the last committed event, since 1970."),
      .window_frames =
          d.gauge("firehose_window_frames", "Frames read and not committed, kept for replay."),
      .window_capacity =
          d.gauge("firehose_window_capacity_frames", "Frames that fit into the replay window."),
      .stalled_seconds =
          d.counter("firehose_stalled_seconds_total",
                    "Time for which the socket was not read, because all credit was out."),
  };
}

batch_metrics declare_batches(declarer& d) {
  return {
      .batches = d.counters("batches_total", "Batches finished.", "result", labels::batch_results),
      .frames = d.histogram("batch_frames", "Frames of a committed batch.", frame_buckets),
      .ops = d.histogram("batch_ops", "Record operations of a committed batch.", op_buckets),
      .seconds = d.histogram("batch_seconds", "Time of a batch in the database.", second_buckets),
      .skipped = d.counters("records_skipped_total", "Records passed over on purpose.", "reason",
                            labels::skip_reasons),
      .dead_letters =
          d.counter("dead_letters_total",
                    "Operations, or whole frames, refused by the database and put aside."),
  };
}

database_metrics declare_database(declarer& d) {
  return {
      .errors = d.counters("db_errors_total", "Failed database operations.", "class",
                           labels::error_classes),
      .retries = d.counters("transaction_retries_total", "Transactions tried again.", "sqlstate",
                            labels::retried_states),
      .max_connections = d.gauge("db_pool_max", "Most database sessions."),
      .connections = d.gauge("db_pool_connections", "Open database sessions."),
      .active = d.gauge("db_pool_active", "Database sessions at work."),
      .idle = d.gauge("db_pool_idle", "Database sessions that are open and free."),
      .waiting = d.gauge("db_pool_pending", "Requests that wait for a database session."),
      .utilization = d.gauge("db_pool_utilization_ratio",
                             "Database sessions at work, as a share of the most."),
      .utilization_average = d.gauge("db_pool_utilization_average_ratio",
                                     "The same, averaged over the pool monitor's samples."),
      .exhaustions = d.counter("db_pool_exhaustion_events_total",
                               "Times at which requests began to wait with no session free."),
      .acquire = d.histogram("db_pool_acquire_seconds",
                             "Time for which a request waited for a session.", second_buckets),
      .usage = d.histogram("db_pool_usage_seconds", "Time for which a session was lent.",
                           second_buckets),
      .creation = d.histogram("db_pool_creation_seconds", "Time that opening a connection took.",
                              second_buckets),
      .timeouts =
          d.counter("db_pool_timeouts_total", "Requests that waited too long for a session."),
      .rejected = d.counter("db_pool_rejected_total",
                            "Requests refused because too many waited for a session."),
      .leaks =
          d.counter("db_pool_leaks_total", "Sessions lent for longer than the leak threshold."),
      .connect_failures =
          d.counter("db_pool_connect_failures_total", "Connections that could not be opened."),
      .replaced = d.counters("db_pool_replaced_total", "Database sessions replaced.", "reason",
                             labels::session_ends),
  };
}

user_creation_metrics declare_user_creation(declarer& d) {
  return {
      .interned = d.counter("users_interned_total", "DIDs that got an id."),
      .waiting = d.gauge("user_creation_waiting", "DIDs that wait to get an id."),
      .requests = d.gauge("user_creation_requests", "Requests for ids that wait for an answer."),
      .longest_wait = d.gauge("user_creation_longest_wait_seconds",
                              "How long the first of those requests has waited."),
      .timeouts = d.counter("user_creation_timeouts_total",
                            "Requests for ids that took too long and were made again."),
      .in_flight = d.gauge("user_creation_in_flight", "Batches of new users at work."),
  };
}

identity_metrics declare_identity(declarer& d) {
  return {
      .tasks = d.counters("identity_tasks_total",
                          "Look-ups of handles and deletions, and what "
                          "became of them.",
                          "result", labels::identity_results),
      .taken = d.counter("identity_handles_taken_total",
                         "Users who lost their handle to another who has it now."),
      .queued = d.gauge("identity_tasks_queued",
                        "Look-ups that wait in the database, counted up to 10000."),
      .untried = d.gauge("identity_tasks_untried", "Those of them that were never tried."),
      .in_flight = d.gauge("identity_in_flight", "Look-ups under way."),
      .seconds = d.histogram("identity_lookup_seconds", "Time of a look-up.", second_buckets),
      .requests = d.counters("identity_requests_total", "HTTP requests for look-ups.", "result",
                             labels::request_results),
      .timeouts = d.counter("identity_request_timeouts_total",
                            "Those of the failed requests that took too long."),
      .hosts = d.gauge("identity_hosts", "Hosts whose limits are kept in mind."),
      .open_circuits = d.gauge("identity_open_circuits",
                               "Hosts that are not asked because they have not answered."),
  };
}

pending_metrics declare_pending(declarer& d) {
  auto& ops = d.gauge_family("pending_ops", "Parked operations that memory knows of.", {"map"});
  auto& keys = d.gauge_family("pending_keys", "Uris that these wait for.", {"map"});
  pending_metrics out{
      .events = d.counters("pending_op_events_total", "What became of parked operations.", "event",
                           labels::pending_events),
      .ops = {},
      .keys = {},
  };
  for (std::size_t i = 0; i < labels::pending_maps.size(); ++i) {
    const prometheus::Labels of{{"map", std::string{labels::pending_maps[i]}}};
    out.ops[i] = &ops.Add(of);
    out.keys[i] = &keys.Add(of);
  }
  return out;
}

} // namespace prism::metrics
