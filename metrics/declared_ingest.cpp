#include "metrics/declared_bundles.hpp"

#include "metrics/labels.hpp"

namespace prism::metrics {

namespace {

const prometheus::Histogram::BucketBoundaries frame_buckets{1,   2,   5,    10,   20,   50,   100,
                                                            200, 500, 1000, 2000, 5000, 10000};
const prometheus::Histogram::BucketBoundaries op_buckets{1,   2,   5,    10,   20,   50,    100,
                                                         200, 500, 1000, 2000, 5000, 10000, 20000};
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
                                 "Median of the times that the last committed events state, at "
                                 "most the current time, in seconds since 1970."),
      .last_receipt = d.gauge("firehose_last_receipt_timestamp_seconds",
                              "Receipt of the last frame, by this machine's clock, in seconds "
                              "since 1970; 0 before the first."),
      .last_commit = d.gauge("firehose_last_commit_timestamp_seconds",
                             "Commit of the last frame, by this machine's clock, in seconds "
                             "since 1970; 0 before the first."),
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
