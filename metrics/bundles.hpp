#pragma once

#include "metrics/labelled_counter.hpp"

#include <array>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

namespace prism::metrics {

// One bundle per subsystem: what its owner looks up once and then increments. Pointers are never
// null and live as long as the registry. Any thread may use any of them.

/// The source and the replay window: owned by the firehose actor.
struct firehose_metrics {
  /// Frames read, by kind (`labels::frame_kinds`).
  labelled_counter frames;
  /// Bytes of those frames.
  prometheus::Counter* bytes;
  /// Frames counted and passed over, by reason (`labels::bad_frame_reasons`).
  labelled_counter bad_frames;
  /// Frames passed over because their seq was not above one read before.
  prometheus::Counter* repeated;
  /// WebSockets opened.
  prometheus::Counter* connects;
  /// Ends of connections and of attempts, by reason (`labels::disconnect_reasons`).
  labelled_counter disconnects;
  /// 1 while a WebSocket is open, else 0.
  prometheus::Gauge* connected;
  /// Highest seq read.
  prometheus::Gauge* last_seq;
  /// Highest seq at or below which everything is committed.
  prometheus::Gauge* durable_seq;
  /// `time` of the last committed event, in seconds since 1970; feeds the lag.
  prometheus::Gauge* event_timestamp;
  /// Frames in the replay window, and how many fit.
  prometheus::Gauge* window_frames;
  prometheus::Gauge* window_capacity;
  /// Seconds without credit, in which the socket was not read (`running_total`).
  prometheus::Counter* stalled_seconds;
};

/// Batches and the operations in them: shared by the shards.
struct batch_metrics {
  /// Batches finished, by result (`labels::batch_results`).
  labelled_counter batches;
  /// Frames and operations of each committed batch.
  prometheus::Histogram* frames;
  prometheus::Histogram* ops;
  /// Seconds from the start of its transaction to its end, of each batch.
  prometheus::Histogram* seconds;
  /// Records passed over, by reason (`labels::skip_reasons`).
  labelled_counter skipped;
  /// Operations, or whole frames, that the database refused for their content.
  prometheus::Counter* dead_letters;
};

/// One shard.
struct shard_metrics {
  /// Frames taken from the firehose, repeated ones included.
  prometheus::Counter* frames;
  /// 1 while it stands before a frame that needs a person (a fatal database error), else 0.
  prometheus::Gauge* held;
};

/// One bounded edge between two actors (core/credit.hpp).
struct channel_metrics {
  /// Units that wait or are at work at the receiver; never above `capacity`.
  prometheus::Gauge* depth;
  /// Units granted to the sender.
  prometheus::Gauge* capacity;
  /// Times at which the sender found no credit (`running_total`).
  prometheus::Counter* exhausted;
  /// Seconds that the sender waited for credit (`running_total`).
  prometheus::Counter* stalled_seconds;
};

/// Connections and transactions: owned by the pool, shared by its sessions.
struct database_metrics {
  /// Failed statements, by class (`labels::error_classes`).
  labelled_counter errors;
  /// Transactions tried again, by SQLSTATE (`labels::retried_states`).
  labelled_counter retries;
  /// Most connections there may be, and how many are open, at work, and free.
  prometheus::Gauge* max_connections;
  prometheus::Gauge* connections;
  prometheus::Gauge* active;
  prometheus::Gauge* idle;
  /// Requests that wait for a session.
  prometheus::Gauge* waiting;
  /// Active of max: now, and averaged over the samples of the pool monitor.
  prometheus::Gauge* utilization;
  prometheus::Gauge* utilization_average;
  /// Times at which requests began to wait while no session was free, as sampled.
  prometheus::Counter* exhaustions;
  /// Seconds that a request waited, that a session was lent, that opening a connection took.
  prometheus::Histogram* acquire;
  prometheus::Histogram* usage;
  prometheus::Histogram* creation;
  /// Requests that waited too long, and those refused because too many waited already.
  prometheus::Counter* timeouts;
  prometheus::Counter* rejected;
  /// Sessions lent for longer than the threshold.
  prometheus::Counter* leaks;
  /// Connections that could not be opened.
  prometheus::Counter* connect_failures;
  /// Sessions replaced, by reason (`labels::session_ends`).
  labelled_counter replaced;
};

/// One background job of the janitor.
struct job_metrics {
  /// Runs, and those that failed.
  prometheus::Counter* runs;
  prometheus::Counter* failures;
  /// Rows deleted or mended.
  prometheus::Counter* rows;
  /// End of the last run in seconds since 1970, and how long it took.
  prometheus::Gauge* last_run;
  prometheus::Gauge* last_duration;
};

/// The making of users: owned by user_creation.
struct user_creation_metrics {
  /// DIDs that got an id.
  prometheus::Counter* interned;
  /// DIDs that wait for their turn.
  prometheus::Gauge* waiting;
  /// Shards that wait for ids, and how long the first of them has waited.
  prometheus::Gauge* requests;
  prometheus::Gauge* longest_wait;
  /// Those that had to ask again, because it took too long.
  prometheus::Counter* timeouts;
  /// Batches at work.
  prometheus::Gauge* in_flight;
};

/// Who a DID is: owned by identity.
struct identity_metrics {
  /// Tasks done or put off, by result (`labels::identity_results`).
  labelled_counter tasks;
  /// Users who lost their handle to another who has it now.
  prometheus::Counter* taken;
  /// Tasks in the database, counted up to 10,000, and those of them never tried.
  prometheus::Gauge* queued;
  prometheus::Gauge* untried;
  /// Look-ups under way.
  prometheus::Gauge* in_flight;
  /// Seconds of each look-up.
  prometheus::Histogram* seconds;
  /// HTTP requests, by result (`labels::request_results`; `running_total`).
  labelled_counter requests;
  /// Of the failed ones, those for lack of time (`running_total`).
  prometheus::Counter* timeouts;
  /// Hosts remembered, and those not asked because they have not answered.
  prometheus::Gauge* hosts;
  prometheus::Gauge* open_circuits;
};

/// Operations parked until their referent appears.
struct pending_metrics {
  /// What happened to them, by event (`labels::pending_events`).
  labelled_counter events;
  /// Operations that memory knows of, and the uris they wait for, in the order of
  /// `labels::pending_maps`. The table may hold more.
  std::array<prometheus::Gauge*, 2> ops;
  std::array<prometheus::Gauge*, 2> keys;
};

/// One cache.
struct cache_metrics {
  /// Found, not found, and pushed out (`shown_cache`).
  prometheus::Counter* hits;
  prometheus::Counter* misses;
  prometheus::Counter* evictions;
  /// Entries now.
  prometheus::Gauge* entries;
};

/// One actor, by its name in the supervision tree; a shard's name has no number in it.
struct actor_metrics {
  /// Times it was started again.
  prometheus::Counter* restarts;
  /// Messages that wait, as it saw them last.
  prometheus::Gauge* mailbox_depth;
  /// Messages handled, and seconds spent in their handlers.
  prometheus::Counter* messages;
  prometheus::Counter* handling_seconds;
};

} // namespace prism::metrics
