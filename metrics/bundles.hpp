#pragma once

#include "metrics/bounded_channel.hpp"
#include "metrics/labelled_counter.hpp"
#include "metrics/message_times.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <typeinfo>
#include <vector>

namespace prism::metrics {

// One bundle per subsystem: its owner looks it up once and then updates it. Pointers are never null
// and are valid as long as the registry. Thread-safe.

/// The source and the replay window; used by the firehose actor.
struct firehose_metrics {
  /// Frames received, by kind (`labels::frame_kinds`).
  labelled_counter frames;
  /// Bytes of those frames.
  prometheus::Counter* bytes;
  /// Frames skipped because they cannot be processed, by reason (`labels::bad_frame_reasons`).
  labelled_counter bad_frames;
  /// Frames skipped because their seq was read before.
  prometheus::Counter* repeated;
  /// Frames out of order, by what became of them (`labels::out_of_order_kinds`).
  labelled_counter out_of_order;
  /// 1 while the relay sends only numbers that were passed before, else 0.
  prometheus::Gauge* went_back;
  /// WebSocket connections opened.
  prometheus::Counter* connects;
  /// Connections closed and attempts failed, by reason (`labels::disconnect_reasons`).
  labelled_counter disconnects;
  /// 1 while a WebSocket is open, else 0.
  prometheus::Gauge* connected;
  /// Highest seq received.
  prometheus::Gauge* last_seq;
  /// Highest seq at or below which every frame is committed.
  prometheus::Gauge* durable_seq;
  /// Seconds since the frame that waits longest for its commit was received; 0: none waits.
  prometheus::Gauge* uncommitted_age;
  /// Median `time` of the last committed events, not after now, in seconds since 1970.
  prometheus::Gauge* event_timestamp;
  /// When a frame was received last, and when one was committed last, by this machine's clock, in
  /// seconds since 1970; 0: not yet.
  prometheus::Gauge* last_receipt;
  prometheus::Gauge* last_commit;
  /// Seconds from the receipt of each frame of a shard to its commit.
  prometheus::Histogram* commit_seconds;
  /// Frames in the replay window, and its capacity; the same in bytes.
  prometheus::Gauge* window_frames;
  prometheus::Gauge* window_capacity;
  prometheus::Gauge* window_bytes;
  prometheus::Gauge* window_capacity_bytes;
  /// Seconds without credit, during which the socket was not read (`running_total`).
  prometheus::Counter* stalled_seconds;
};

/// Batches and the operations in them; shared by the shards.
struct batch_metrics {
  /// Batches finished, by result (`labels::batch_results`).
  labelled_counter batches;
  /// Frames and operations of each committed batch.
  prometheus::Histogram* frames;
  prometheus::Histogram* ops;
  /// Seconds from the start of each batch's transaction to its end.
  prometheus::Histogram* seconds;
  /// Records skipped, by reason (`labels::skip_reasons`).
  labelled_counter skipped;
  /// Blobs of indexed records in the form from before 2023, which the reference refuses.
  prometheus::Counter* legacy_blobs;
  /// Stamps more than five minutes ahead of our clock, by field (`labels::stamp_fields`).
  labelled_counter stamps_ahead;
  /// Operations, or whole frames, that PostgreSQL rejected for their content.
  prometheus::Counter* dead_letters;
};

/// One shard.
struct shard_metrics {
  /// Frames received from the firehose actor, resent ones included.
  prometheus::Counter* frames;
  /// 1 while the shard is blocked on a frame by a fatal database error, else 0.
  prometheus::Gauge* held;
};

/// One channel between two actors (core/credit.hpp). Its families are called prism_edge_*.
struct channel_metrics {
  /// Units in flight; never more than `capacity`.
  prometheus::Gauge* depth;
  /// Units that the channel allows in flight.
  prometheus::Gauge* capacity;
  /// Times the sender ran out of credit (`running_total`).
  prometheus::Counter* exhausted;
  /// Seconds the sender waited for credit (`running_total`).
  prometheus::Counter* stalled_seconds;
};

/// Connections and transactions; used by the pool and its sessions.
struct database_metrics {
  /// Failed operations, by class (`labels::error_classes`).
  labelled_counter errors;
  /// Transactions retried, by SQLSTATE (`labels::retried_states`).
  labelled_counter retries;
  /// Attempts of transactions that failed, retried or not, by SQLSTATE (`labels::failure_states`).
  labelled_counter failed_attempts;
  /// Times the node began again, since the database was not the one that it knew.
  prometheus::Counter* begun_again;
  /// Commits that are on the primary only, since their wait for a synchronous standby was ended.
  prometheus::Counter* unreplicated;
  /// Maximum number of sessions, and those open, in use and idle.
  prometheus::Gauge* max_connections;
  prometheus::Gauge* connections;
  prometheus::Gauge* active;
  prometheus::Gauge* idle;
  /// Jobs waiting for a session.
  prometheus::Gauge* waiting;
  /// Share of sessions in use: now, and averaged over the samples of the pool monitor.
  prometheus::Gauge* utilization;
  prometheus::Gauge* utilization_average;
  /// Times the pool was seen to become exhausted: jobs waiting and no session idle.
  prometheus::Counter* exhaustions;
  /// Seconds that a job waited, that a session was checked out, that opening a connection took.
  prometheus::Histogram* acquire;
  prometheus::Histogram* usage;
  prometheus::Histogram* creation;
  /// Jobs that timed out waiting, and jobs rejected because too many were waiting.
  prometheus::Counter* timeouts;
  prometheus::Counter* rejected;
  /// Sessions checked out for longer than the leak threshold.
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
  /// Rows deleted or corrected.
  prometheus::Counter* rows;
  /// End of the last run in seconds since 1970, and its duration in seconds.
  prometheus::Gauge* last_run;
  prometheus::Gauge* last_duration;
};

/// Interning of DIDs; used by user_creation.
struct user_creation_metrics {
  /// DIDs interned.
  prometheus::Counter* interned;
  /// DIDs waiting to be interned.
  prometheus::Gauge* waiting;
  /// Requests of shards for ids that are waiting, and the seconds the oldest has waited.
  prometheus::Gauge* requests;
  prometheus::Gauge* longest_wait;
  /// Requests that timed out and were repeated.
  prometheus::Counter* timeouts;
  /// Batches in flight.
  prometheus::Gauge* in_flight;
};

/// Lookups of handles and deletions; used by identity.
struct identity_metrics {
  /// Tasks finished or deferred, by result (`labels::identity_results`).
  labelled_counter tasks;
  /// Users whose handle was confirmed for another user.
  prometheus::Counter* taken;
  /// Tasks queued in the database, counted up to 10,000, and those of them that were never tried.
  prometheus::Gauge* queued;
  prometheus::Gauge* untried;
  /// Lookups in flight.
  prometheus::Gauge* in_flight;
  /// Seconds of each lookup.
  prometheus::Histogram* seconds;
  /// HTTP requests, by result (`labels::request_results`; `running_total`).
  labelled_counter requests;
  /// Failed requests that timed out (`running_total`).
  prometheus::Counter* timeouts;
  /// Identities that calls of the data plane asked for, by result (`labels::demand_results`); calls
  /// that wait for one, and lookups under way for them.
  labelled_counter demands;
  prometheus::Gauge* demands_waiting;
  prometheus::Gauge* demands_in_flight;
  /// Keys, services and handles of DID documents left out, since the document has too many.
  prometheus::Counter* left_out;
  /// DID documents that were not stored, since too many wait for the database.
  prometheus::Counter* not_stored;
  /// Hosts in memory, and those whose circuit breaker is open.
  prometheus::Gauge* hosts;
  prometheus::Gauge* open_circuits;
};

/// The node's own judgement; set at each scrape.
struct node_metrics {
  /// 1 while /readyz is 200, else 0.
  prometheus::Gauge* ready;
  /// 1 while the database answers, as far as is known, else 0.
  prometheus::Gauge* database_reachable;
};

/// The HTTP server for metrics and health; used by metrics.
struct http_metrics {
  /// Connections by event (`labels::http_events`; `running_total`).
  labelled_counter events;
  /// Connections open, and those of them that are streams.
  prometheus::Gauge* open;
  prometheus::Gauge* streams;
};

/// The data plane, sampled at each scrape; without `dataplane-listen` all are 0.
struct dataplane_metrics {
  /// Readers with a database session, and those that there should be; 1 while the port has a
  /// session of its own; calls that are worked on, the port's own included; calls that wait; bytes
  /// of the requests of both.
  prometheus::Gauge* readers;
  prometheus::Gauge* readers_wanted;
  prometheus::Gauge* own_session;
  prometheus::Gauge* active;
  prometheus::Gauge* waiting;
  prometheus::Gauge* request_bytes;
  /// Connections of clients, calls open on them, and bytes of theirs in memory.
  prometheus::Gauge* connections;
  prometheus::Gauge* open_calls;
  prometheus::Gauge* buffered_bytes;
  /// Connections and requests that the server ended by itself, by reason
  /// (`labels::dataplane_ends`).
  labelled_counter ends;
  /// Calls refused as unavailable, by reason (`labels::dataplane_refusals`).
  labelled_counter refusals;
  prometheus::Counter* received_bytes;
  prometheus::Counter* sent_bytes;
  /// Records that are missing in answers that would be too large.
  prometheus::Counter* left_out_records;
  /// Changed certificate files, by result (`labels::certificate_reloads`).
  labelled_counter reloads;
  /// When the certificate in use expires, in seconds since 1970; 0: clear text.
  prometheus::Gauge* certificate_expiry;
  /// How far the database that is read is behind, if it is a replica; NaN: not known.
  prometheus::Gauge* staleness;
};

/// One method of the data plane.
struct dataplane_method_metrics {
  /// Calls answered, by status (`labels::call_statuses`).
  labelled_counter calls;
  /// Seconds from the arrival of the request to its answer; not of refused ones.
  prometheus::Histogram* seconds;
};

/// The tunnel for operators; used by the inspection, which sets all at each scrape. Without a
/// tunnel all are 0.
struct tunnel_metrics {
  /// Connections by event (`labels::tunnel_events`).
  labelled_counter events;
  /// Connections refused, by reason (`labels::tunnel_refusals`).
  labelled_counter refusals;
  /// Bytes that passed through, by direction (`labels::tunnel_directions`).
  labelled_counter bytes;
  /// Changed certificate files, by result (`labels::certificate_reloads`).
  labelled_counter reloads;
  /// Clients connected, and connections whose hello is not answered yet.
  prometheus::Gauge* open;
  prometheus::Gauge* handshakes;
  /// When the node's own certificate expires, in seconds since 1970.
  prometheus::Gauge* certificate_expiry;
};

/// Membership, lead, placement and links; used by the actor cluster.
struct cluster_metrics {
  /// Live members, as the table says, and those among them whose `cluster-ttl-ms` is not this
  /// node's.
  prometheus::Gauge* members;
  prometheus::Gauge* other_ttl;
  /// The view, and the epoch of the lease.
  prometheus::Gauge* view;
  prometheus::Gauge* epoch;
  /// 1 while this node leads, else 0; 1 while any live member holds the lease, else 0.
  prometheus::Gauge* leading;
  prometheus::Gauge* has_leader;
  /// Shards placed on this node, and those of the table that no live member has.
  prometheus::Gauge* shards;
  prometheus::Gauge* shards_unplaced;
  /// When this node read the table last, in seconds since 1970; 0: not yet.
  prometheus::Gauge* last_round;
  /// Rounds, by result (`labels::round_results`).
  labelled_counter rounds;
  /// Times that this node became the leader.
  prometheus::Counter* takeovers;
  /// Messages of other nodes that were dropped, by reason (`labels::dropped_messages`).
  labelled_counter dropped;
  /// Links that are open, and those that should be.
  prometheus::Gauge* links_open;
  prometheus::Gauge* links_wanted;
  /// Ends of links, by reason (`labels::link_ends`; `running_total`).
  labelled_counter link_ends;
  /// Bytes of messages from and to other nodes (`running_total`), and those that wait to be sent.
  prometheus::Counter* received_bytes;
  prometheus::Counter* sent_bytes;
  prometheus::Gauge* queued_bytes;
  /// The longest round trip of the last pings, in seconds.
  prometheus::Gauge* round_trip;
};

/// Parked operations; used by pending_ops.
struct pending_metrics {
  /// Parked operations by event (`labels::pending_events`).
  labelled_counter events;
  /// Operations in memory, and the posts or lists they wait for, in the order of
  /// `labels::pending_maps`. The table may hold more.
  std::array<prometheus::Gauge*, 2> ops;
  std::array<prometheus::Gauge*, 2> keys;
};

/// One cache.
struct cache_metrics {
  /// Found, not found, and evicted (`shown_cache`).
  prometheus::Counter* hits;
  prometheus::Counter* misses;
  prometheus::Counter* evictions;
  /// Entries in the cache.
  prometheus::Gauge* entries;
};

/// A channel whose depth is what waits in a mailbox: the messages of one type.
struct inbox_channel {
  const std::type_info* message;
  std::shared_ptr<bounded_channel> channel;
};

/// One actor, by its name in the supervision tree; all shards share one name.
struct actor_metrics {
  /// Restarts.
  prometheus::Counter* restarts;
  /// Messages waiting in the mailbox, now; also while the actor is busy.
  prometheus::Gauge* mailbox_depth;
  /// Messages handled, and seconds spent in their handlers.
  prometheus::Counter* messages;
  prometheus::Counter* handling_seconds;
  /// Seconds of each handler, by message type.
  message_times* times;
  /// Channels that end in the mailbox, at most `max_inboxes`.
  std::vector<inbox_channel> inboxes;
  static constexpr std::size_t max_inboxes = 2;
};

} // namespace prism::metrics
