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

// An event waits longer than a transaction takes: while the database is away, for instance.
const prometheus::Histogram::BucketBoundaries event_buckets{
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300};

} // namespace

firehose_metrics declare_firehose(declarer& d) {
  return {
      .frames = d.counters("firehose_frames_total", "Frames received, by kind.", "kind",
                           labels::frame_kinds),
      .bytes = d.counter("firehose_bytes_total", "Bytes of the frames received."),
      .bad_frames = d.counters("firehose_bad_frames_total",
                               "Frames skipped because they cannot be processed, by reason.",
                               "reason", labels::bad_frame_reasons),
      .repeated = d.counter("firehose_repeated_frames_total",
                            "Frames skipped because their seq was read before."),
      .out_of_order = d.counters(
          "firehose_out_of_order_frames_total",
          "Frames out of order: strays far ahead and late ones are indexed, refused ones skipped.",
          "kind", labels::out_of_order_kinds),
      .went_back = d.gauge("firehose_numbers_went_back",
                           "1 while the relay sends only seqs that were passed before, or refuses "
                           "our cursor as one in its future, else 0."),
      .connects = d.counter("firehose_connects_total", "WebSocket connections opened."),
      .disconnects = d.counters("firehose_disconnects_total",
                                "Connections closed and connection attempts failed, by reason.",
                                "reason", labels::disconnect_reasons),
      .connected = d.gauge("firehose_connected", "1 while a WebSocket connection is open, else 0."),
      .last_seq = d.gauge("firehose_last_seq", "Highest seq received."),
      .durable_seq =
          d.gauge("firehose_durable_seq", "Seq at or below which every frame is committed."),
      .uncommitted_age =
          d.gauge("firehose_uncommitted_age_seconds",
                  "Time since the oldest uncommitted frame was received; 0 if there is none."),
      .event_timestamp = d.gauge("firehose_event_timestamp_seconds",
                                 "Median time that the last committed events state, not after now, "
                                 "in seconds since 1970."),
      .last_receipt = d.gauge("firehose_last_receipt_timestamp_seconds",
                              "When a frame was received last, by this machine's clock, in seconds "
                              "since 1970; 0: not yet."),
      .last_commit = d.gauge("firehose_last_commit_timestamp_seconds",
                             "When a frame was committed last, by this machine's clock, in seconds "
                             "since 1970; 0: not yet."),
      .commit_seconds =
          d.histogram("event_commit_seconds",
                      "Time from an event's receipt from the relay to its commit.", event_buckets),
      .window_frames =
          d.gauge("firehose_window_frames", "Uncommitted frames in the replay window."),
      .window_capacity =
          d.gauge("firehose_window_capacity_frames", "Frames that the replay window can hold."),
      .window_bytes =
          d.gauge("firehose_window_bytes", "Bytes of the uncommitted frames in the replay window."),
      .window_capacity_bytes =
          d.gauge("firehose_window_capacity_bytes", "Bytes that the replay window can hold."),
      .stalled_seconds = d.counter("firehose_stalled_seconds_total",
                                   "Time during which the socket was not read because the replay "
                                   "window had no credit left."),
  };
}

batch_metrics declare_batches(declarer& d) {
  return {
      .batches = d.counters("batches_total", "Batches finished, by result.", "result",
                            labels::batch_results),
      .frames = d.histogram("batch_frames", "Frames per committed batch.", frame_buckets),
      .ops = d.histogram("batch_ops", "Record operations per committed batch.", op_buckets),
      .seconds =
          d.histogram("batch_seconds", "Time from the start of a batch's transaction to its end.",
                      second_buckets),
      .skipped = d.counters("records_skipped_total", "Records skipped on purpose, by reason.",
                            "reason", labels::skip_reasons),
      .legacy_blobs =
          d.counter("legacy_blobs_total", "Blobs of indexed records in the form from before 2023."),
      .stamps_ahead = d.counters("event_stamps_out_of_bounds_total",
                                 "Stamps of events more than five minutes ahead of this clock, by "
                                 "field.",
                                 "field", labels::stamp_fields),
      .dead_letters =
          d.counter("dead_letters_total", "Operations, or whole frames, that PostgreSQL rejected "
                                          "and that were moved to dead_letters."),
  };
}

database_metrics declare_database(declarer& d) {
  return {
      .errors = d.counters("db_errors_total", "Failed database operations, by class of the error.",
                           "class", labels::error_classes),
      .retries = d.counters("transaction_retries_total", "Transactions retried, by SQLSTATE.",
                            "sqlstate", labels::retried_states),
      .failed_attempts = d.counters(
          "db_failed_attempts_total",
          "Attempts of transactions that failed, those that were retried included, by SQLSTATE.",
          "sqlstate", labels::failure_states),
      .begun_again = d.counter("db_begun_again_total",
                               "Times the node dropped what it remembered and began again, since "
                               "the database was another one, or had gone back."),
      .unreplicated = d.counter(
          "db_unreplicated_commits_total",
          "Commits whose wait for a synchronous standby ended without the standby's answer."),
      .max_connections = d.gauge("db_pool_max", "Maximum number of database sessions."),
      .connections = d.gauge("db_pool_connections", "Open database sessions."),
      .active = d.gauge("db_pool_active", "Database sessions in use."),
      .idle = d.gauge("db_pool_idle", "Database sessions that are open and idle."),
      .waiting = d.gauge("db_pool_pending", "Jobs waiting for a database session."),
      .utilization = d.gauge("db_pool_utilization_ratio",
                             "Database sessions in use, as a share of the maximum."),
      .utilization_average = d.gauge("db_pool_utilization_average_ratio",
                                     "Database sessions in use, as a share of the maximum, "
                                     "averaged over the pool monitor's samples."),
      .exhaustions = d.counter(
          "db_pool_exhaustion_events_total",
          "Times the pool was seen to become exhausted: jobs waiting and no session idle."),
      .acquire = d.histogram("db_pool_acquire_seconds", "Time a job waited for a database session.",
                             second_buckets),
      .usage = d.histogram("db_pool_usage_seconds", "Time a database session was checked out.",
                           second_buckets),
      .creation = d.histogram("db_pool_creation_seconds", "Time to open a database connection.",
                              second_buckets),
      .timeouts = d.counter("db_pool_timeouts_total",
                            "Jobs that timed out waiting for a database session."),
      .rejected = d.counter("db_pool_rejected_total",
                            "Jobs rejected because too many were waiting for a database session."),
      .leaks = d.counter("db_pool_leaks_total",
                         "Database sessions checked out for longer than the leak threshold."),
      .connect_failures = d.counter("db_pool_connect_failures_total",
                                    "Database connections that could not be opened."),
      .replaced = d.counters("db_pool_replaced_total", "Database sessions replaced, by reason.",
                             "reason", labels::session_ends),
  };
}

user_creation_metrics declare_user_creation(declarer& d) {
  return {
      .interned = d.counter("users_interned_total", "DIDs interned: given an id in users."),
      .waiting = d.gauge("user_creation_waiting", "DIDs waiting to be interned."),
      .requests = d.gauge("user_creation_requests", "Requests for ids waiting for an answer."),
      .longest_wait = d.gauge("user_creation_longest_wait_seconds",
                              "Time the oldest waiting request for ids has waited."),
      .timeouts = d.counter("user_creation_timeouts_total",
                            "Requests for ids that timed out and were repeated."),
      .in_flight = d.gauge("user_creation_in_flight", "Batches of new users in flight."),
  };
}

identity_metrics declare_identity(declarer& d) {
  return {
      .tasks = d.counters("identity_tasks_total", "Lookups of handles and deletions, by result.",
                          "result", labels::identity_results),
      .taken = d.counter("identity_handles_taken_total",
                         "Users whose handle was confirmed for another user."),
      .queued =
          d.gauge("identity_tasks_queued", "Lookups queued in the database, counted up to 10000."),
      .untried = d.gauge("identity_tasks_untried",
                         "Queued lookups that have never been tried, counted up to 10000."),
      .in_flight = d.gauge("identity_in_flight", "Lookups in flight."),
      .seconds = d.histogram("identity_lookup_seconds",
                             "Time of a lookup, all its requests included.", second_buckets),
      .requests = d.counters("identity_requests_total", "HTTP requests of lookups, by result.",
                             "result", labels::request_results),
      .timeouts = d.counter("identity_request_timeouts_total",
                            "HTTP requests of lookups that failed because they timed out."),
      .demands = d.counters("identity_demands_total",
                            "Identities that calls of the data plane lacked, by result.", "result",
                            labels::demand_results),
      .demands_waiting =
          d.gauge("identity_demands_waiting", "Calls of the data plane that wait for an identity."),
      .demands_in_flight =
          d.gauge("identity_demands_in_flight", "Lookups in flight for calls of the data plane."),
      .left_out = d.counter("identity_left_out_total",
                            "Keys, services and handles of DID documents left out, since the "
                            "document has too many."),
      .not_stored = d.counter("identity_documents_not_stored_total",
                              "DID documents that were looked up and not stored, since too many "
                              "wait for the database."),
      .hosts = d.gauge("identity_hosts", "Hosts whose limits are in memory."),
      .open_circuits = d.gauge("identity_open_circuits",
                               "Hosts to which no requests are sent, because recent ones failed."),
  };
}

node_metrics declare_node(declarer& d) {
  return {
      .ready = d.gauge("ready", "1 while the node is ready, as /readyz says, else 0."),
      .database_reachable = d.gauge("database_reachable",
                                    "1 while the database answers, as far as is known, else 0."),
  };
}

http_metrics declare_http(declarer& d) {
  return {
      .events = d.counters("http_connection_events_total",
                           "Connections to the port for metrics and health, by event.", "event",
                           labels::http_events),
      .open =
          d.gauge("http_open_connections", "Connections open at the port for metrics and health."),
      .streams =
          d.gauge("http_open_streams",
                  "Connections at the port for metrics and health to which the status page's "
                  "events are sent."),
  };
}

tunnel_metrics declare_tunnel(declarer& d) {
  return {
      .events = d.counters("tunnel_connection_events_total",
                           "Connections to the tunnel for operators, by event.", "event",
                           labels::tunnel_events),
      .refusals = d.counters("tunnel_refusals_total",
                             "Connections that the tunnel for operators refused, by reason.",
                             "reason", labels::tunnel_refusals),
      .bytes = d.counters("tunnel_bytes_total",
                          "Bytes that passed through the tunnel for operators, by direction.",
                          "direction", labels::tunnel_directions),
      .reloads = d.counters("tunnel_certificate_reloads_total",
                            "Times the certificate files of the tunnel had changed and were read, "
                            "by result.",
                            "result", labels::certificate_reloads),
      .open =
          d.gauge("tunnel_open_connections", "Operators' clients connected through the tunnel."),
      .handshakes = d.gauge("tunnel_open_handshakes",
                            "Connections to the tunnel whose hello is not answered yet."),
      .certificate_expiry = d.gauge("tunnel_certificate_expiry_timestamp_seconds",
                                    "When the node's own certificate for the tunnel expires, in "
                                    "seconds since 1970; 0: there is no tunnel."),
  };
}

cluster_metrics declare_cluster(declarer& d) {
  return {
      .members = d.gauge("cluster_members", "Live members of the cluster, as its table says."),
      .other_ttl = d.gauge("cluster_members_with_other_ttl",
                           "Live members whose cluster-ttl-ms is not this node's."),
      .view = d.gauge("cluster_view", "The view: a number that rises with every placement."),
      .epoch = d.gauge("cluster_epoch", "The epoch of the lease, which rises with every leader."),
      .leading = d.gauge("cluster_leading", "1 while this node leads, else 0."),
      .has_leader =
          d.gauge("cluster_has_leader",
                  "1 while a live member holds the lease, as this node reads it, else 0."),
      .shards = d.gauge("cluster_shards", "Shards that are placed on this node."),
      .shards_unplaced = d.gauge("cluster_shards_unplaced",
                                 "Shards that no live member has, as this node reads the table."),
      .last_round = d.gauge("cluster_last_round_timestamp_seconds",
                            "When this node read the cluster's table last, in seconds since 1970; "
                            "0: not yet."),
      .rounds = d.counters("cluster_rounds_total",
                           "Rounds in which this node renews its membership, by result.", "result",
                           labels::round_results),
      .takeovers = d.counter("cluster_takeovers_total", "Times that this node became the leader."),
      .dropped = d.counters("cluster_dropped_messages_total",
                            "Messages of other nodes that were dropped, by reason.", "reason",
                            labels::dropped_messages),
      .links_open = d.gauge("cluster_links_open", "Links with other nodes that are open."),
      .links_wanted =
          d.gauge("cluster_links_wanted", "Links with other nodes that should be open."),
      .link_ends = d.counters("cluster_link_ends_total",
                              "Ends of links, and attempts that failed, by reason.", "reason",
                              labels::link_ends),
      .received_bytes = d.counter("cluster_link_received_bytes_total",
                                  "Bytes of messages received from other nodes."),
      .sent_bytes =
          d.counter("cluster_link_sent_bytes_total", "Bytes of messages sent to other nodes."),
      .queued_bytes = d.gauge("cluster_link_queued_bytes",
                              "Bytes of messages for other nodes that wait to be sent."),
      .round_trip = d.gauge("cluster_link_round_trip_seconds",
                            "The longest round trip of the last pings of all links."),
  };
}

dataplane_metrics declare_dataplane(declarer& d) {
  return {
      .readers = d.gauge("dataplane_readers", "Readers that have a database session."),
      .readers_wanted = d.gauge("dataplane_readers_wanted",
                                "Readers that should have one; 0 without a data plane."),
      .own_session =
          d.gauge("dataplane_own_session", "1 while the port has a database session of its own."),
      .active =
          d.gauge("dataplane_active_readers",
                  "Calls that are worked on: one per busy reader, and one more while the port "
                  "answers one itself."),
      .waiting = d.gauge("dataplane_waiting_calls", "Calls that wait for a reader."),
      .request_bytes = d.gauge("dataplane_request_bytes",
                               "Bytes of the requests of calls that wait or are at work, also of "
                               "those that were given up meanwhile."),
      .connections = d.gauge("dataplane_connections", "Connections of clients that are open."),
      .open_calls = d.gauge("dataplane_open_calls", "Calls that are not answered yet."),
      .buffered_bytes = d.gauge("dataplane_buffered_bytes",
                                "Bytes of unfinished requests, and of answers not yet taken."),
      .ends = d.counters("dataplane_ends_total",
                         "Connections and calls that the data plane's server ended, by reason.",
                         "reason", labels::dataplane_ends),
      .refusals = d.counters("dataplane_refusals_total", "Calls refused as unavailable, by reason.",
                             "reason", labels::dataplane_refusals),
      .received_bytes = d.counter("dataplane_received_bytes_total", "Bytes received from clients."),
      .sent_bytes = d.counter("dataplane_sent_bytes_total", "Bytes sent to clients."),
      .left_out_records = d.counter("dataplane_left_out_records_total",
                                    "Records that are missing in answers that would be too large."),
      .reloads = d.counters("dataplane_certificate_reloads_total",
                            "Times the certificate files of the data plane had changed and were "
                            "read, by result.",
                            "result", labels::certificate_reloads),
      .certificate_expiry = d.gauge("dataplane_certificate_expiry_timestamp_seconds",
                                    "When the data plane's certificate expires, in seconds since "
                                    "1970; 0: clear text."),
      .staleness = d.gauge("dataplane_staleness_seconds",
                           "How far the database that is read is behind the primary; 0 if it is "
                           "the primary, NaN if it is not known."),
  };
}

pending_metrics declare_pending(declarer& d) {
  auto& ops = d.gauge_family(
      "pending_ops", "Parked operations in memory; the table pending_ops may hold more.", {"map"});
  auto& keys = d.gauge_family(
      "pending_keys", "Posts or lists that the parked operations in memory wait for.", {"map"});
  pending_metrics out{
      .events = d.counters("pending_op_events_total", "Parked operations, by event.", "event",
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
