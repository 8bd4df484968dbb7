#pragma once

#include "core/clock.hpp"
#include "core/frame_bytes.hpp"
#include "core/pool_usage.hpp"
#include "core/stream_position.hpp"
#include "core/stream_sequence.hpp"
#include "messages/caf.hpp"

#include <boost/json/object.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

/// Types of db/ that messages carry by pointer; only who opens them needs their headers.
namespace prism::db {
enum class identity_kind : std::int16_t;
struct job;
struct job_outcome;
struct partial_report;
struct pending_change;
struct wanted_identity;
struct known_identity;
} // namespace prism::db
namespace prism::atproto {
struct published_identity;
} // namespace prism::atproto
namespace prism::dataplane {
struct pending_call;
} // namespace prism::dataplane

/// The vocabulary of the actors. The comment of each message says who sends it to whom, and how it
/// is answered. Large contents are shared and immutable: sending one copies a pointer.
namespace prism {

// -- from the relay to the shards, and back -----------------------------------------------------

/// A frame that has a shard.
struct routed_frame {
  std::int64_t seq{0}; ///< its own number
  frame_bytes data;
  /// Given by the replay window: its place in its lane.
  stream_position position{};
  /// When it was read from the socket.
  time_point received{};
};

/// The source's I/O thread → firehose: the frames just read, in order. Not answered; read credit
/// bounds how many are under way.
struct source_frames {
  struct item {
    routed_frame frame;      ///< seq -1: it has none, or could not be decoded; data: see below
    std::size_t shard{0};    ///< if it is for a shard
    bool for_a_shard{false}; ///< else `frame.data` is null
    arrival_order order{arrival_order::in_order}; ///< if it has a number
  };
  std::shared_ptr<const std::vector<item>> items;
};

/// firehose → shard: frames to index, never more than the shard has credit for. The shard answers,
/// some time later, with `frames_durable`.
struct frame_batch {
  /// As in the `shard_ready` it follows; a shard drops frames for an earlier incarnation.
  std::uint64_t incarnation{0};
  std::shared_ptr<const std::vector<routed_frame>> frames;
};

/// firehose → shard without uncommitted frames: everything up to `seq` belongs to other shards, so
/// move your cursor there. Answered with `frames_durable` once it is committed.
struct advance_to {
  std::int64_t seq{0};
};

/// firehose → every shard, when it has started: drop the queued frames, finish the batch at work,
/// then announce yourself. Answered with `shard_ready`.
struct firehose_started {};

/// shard → firehose, when either has started: the shard has committed everything up to
/// `durable_seq` and takes what is above it. The firehose sends a shard nothing before that.
/// Answered with `frame_batch`, as frames come.
struct shard_ready {
  std::size_t shard{0};
  std::uint64_t incarnation{0}; ///< another one for every announcement, never 0
  std::int64_t durable_seq{0};
};

/// shard → firehose: everything up to `position` is committed. Not answered; it returns the credit
/// of those frames.
struct frames_durable {
  std::size_t shard{0};
  stream_position position{};
  std::vector<std::int64_t> stamps; ///< times of its events, in µs since 1970; the last 101 at most
};

// -- users --------------------------------------------------------------------------------------

/// shard → user_creation: the ids of these DIDs, new or not. Answered with `interned_users`. A
/// shard has at most one unanswered.
struct intern_users {
  std::shared_ptr<const std::vector<std::string>> dids; ///< distinct
};
/// user_creation → shard: the ids in the order of the DIDs.
struct interned_users {
  std::shared_ptr<const std::vector<std::int64_t>> ids; ///< null: failed, and why is below
  std::string problem;                                  ///< a sentence
  bool needs_operator{false};                           ///< fatal: a retry does not help
  std::string refused; ///< SQLSTATE, if PostgreSQL rejects one of the DIDs for its content
};

// -- parked operations --------------------------------------------------------------------------

/// shard, identity, janitor → pending_ops: what one transaction parked, released and cancelled.
/// Answered with `pending_noted`. Each sender has at most one unanswered.
struct pending_changed {
  std::shared_ptr<const std::vector<db::pending_change>> changes;
  bool all{true}; ///< false: other changes are lost, so the table must be read again
};
/// pending_ops → the sender: its gauges include these changes.
struct pending_noted {};

// -- identity -----------------------------------------------------------------------------------

/// shard → identity: a batch is committed that may have added identity tasks. Not answered; losing
/// it only delays the tasks until the next tick.
struct identity_tasks_added {};

/// The resolver's thread → identity: the result of one lookup. Not answered.
struct identity_lookup_done {
  std::int64_t user_id{0};
  db::identity_kind kind{};
  bool known{false};     ///< whether there is an answer at all
  bool held_back{false}; ///< if not: whether that is because no request was made, to spare a host
  bool good{false};      ///< if so: the handle is confirmed, or the repo is hosted
  std::string handle;    ///< if confirmed
  std::string why;       ///< if not good: a sentence
  /// What the DID document publishes, if it was fetched for this, or that there is none; else null.
  std::shared_ptr<const atproto::published_identity> document{};
};

/// reader → identity: look this DID up, since a call of the data plane lacks it. Answered with
/// `identity_resolved`, within 3 s or so. How many wait is bounded; a further one is refused.
struct resolve_identity {
  std::shared_ptr<const db::wanted_identity> what;
  bool waits{true}; ///< false: an old answer was given; answered at once, with whatever is known
};
/// identity → reader: the answer, for certain; null: it is not known, and why.
struct identity_resolved {
  std::shared_ptr<const db::known_identity> what;
  std::string why; ///< if null: a sentence
};

/// The resolver's thread → identity: the result of a lookup for a `resolve_identity`. Not
/// answered.
struct document_looked_up {
  std::shared_ptr<const db::wanted_identity> what;
  std::shared_ptr<const atproto::published_identity> document; ///< null: not known
  bool held_back{false}; ///< if so: whether that is because no request was made
  std::string why;
};

// -- the database -------------------------------------------------------------------------------

/// Any actor → pool, and pool → db_session: run this job. Answered with `job_result`.
struct run_job {
  std::shared_ptr<const db::job> what;
};
/// db_session → pool, and pool → the actor: the job's reply, or the error it ended with.
struct job_result {
  std::shared_ptr<const db::job_outcome> what;
  /// The state of the session after the job; for the pool only.
  struct session_note {
    bool unreachable{false};             ///< could not connect; the job was not begun
    bool broken{false};                  ///< the connection was lost
    std::chrono::microseconds opened{0}; ///< how long a new connection took; 0: there was one
  } session{};
  /// What the job committed although it failed; null: nothing, or unknown.
  std::shared_ptr<const db::partial_report> partial{};
};

/// pool → itself, delayed: a new connection may be tried again.
struct wake_up {};

/// pool_monitor → pool. Answered with `pool_sample` (core/pool_usage.hpp).
struct get_pool_sample {};

// -- data plane ---------------------------------------------------------------------------------

/// The data plane's port → reader: answer this call. A reader has at most one; it tells the port
/// when it has finished (actors/dataplane/dataplane_port.hpp).
struct read_call {
  std::shared_ptr<const dataplane::pending_call> what;
};

/// The data plane's port → first reader, and that one → itself: open a session for the port.
struct lend_session {};

// -- every actor --------------------------------------------------------------------------------

/// supervisor → child, pool → db_session, node → supervisor: finish the work in flight, then end.
/// The answer is the actor's end, which the sender monitors.
struct stop_request {};

/// An actor → itself, delayed.
struct tick {};

/// supervisor → itself, delayed: kill a random actor (`chaos-kill-per-minute`).
struct chaos_tick {};

/// cluster → supervisor: which children on demand are to run, and in which version
/// (core/supervision.hpp).
struct arrange_children {
  std::shared_ptr<const std::map<std::string, std::string>> wanted;
};

/// A shard, a link or an operator → cluster: the table may have changed, so read it now. Not
/// answered.
struct read_cluster {};

/// node → cluster: the node is about to stop; give up the lead and take no more shards. Not
/// answered.
struct begin_drain {};

/// An operator → supervisor: kill this child, which is then restarted as after a failure.
struct restart_child {
  std::string name;
  std::string who;
  std::string why;
};

/// An operator → janitor: run this job as soon as no other runs.
struct run_task {
  std::string name;
};

/// The inspector or a test → any actor. Answered with `actor_status`.
struct get_status {};
/// Name and state of an actor, for people and scripts. The names of the fields are part of what
/// `prismctl inspect` promises (docs/INSPECTION.md). Lists are cut at `max_listed` entries.
struct actor_status {
  static constexpr std::size_t max_listed = 100;
  std::string name;
  boost::json::object fields;
};

} // namespace prism

PRISM_LOCAL_MESSAGE(prism::source_frames)
PRISM_LOCAL_MESSAGE(prism::frame_batch)
PRISM_LOCAL_MESSAGE(prism::advance_to)
PRISM_LOCAL_MESSAGE(prism::firehose_started)
PRISM_LOCAL_MESSAGE(prism::shard_ready)
PRISM_LOCAL_MESSAGE(prism::frames_durable)
PRISM_LOCAL_MESSAGE(prism::intern_users)
PRISM_LOCAL_MESSAGE(prism::interned_users)
PRISM_LOCAL_MESSAGE(prism::pending_changed)
PRISM_LOCAL_MESSAGE(prism::pending_noted)
PRISM_LOCAL_MESSAGE(prism::identity_tasks_added)
PRISM_LOCAL_MESSAGE(prism::identity_lookup_done)
PRISM_LOCAL_MESSAGE(prism::resolve_identity)
PRISM_LOCAL_MESSAGE(prism::identity_resolved)
PRISM_LOCAL_MESSAGE(prism::document_looked_up)
PRISM_LOCAL_MESSAGE(prism::run_job)
PRISM_LOCAL_MESSAGE(prism::job_result)
PRISM_LOCAL_MESSAGE(prism::chaos_tick)
PRISM_LOCAL_MESSAGE(prism::wake_up)
PRISM_LOCAL_MESSAGE(prism::get_pool_sample)
PRISM_LOCAL_MESSAGE(prism::pool_sample)
PRISM_LOCAL_MESSAGE(prism::read_call)
PRISM_LOCAL_MESSAGE(prism::lend_session)
PRISM_LOCAL_MESSAGE(prism::stop_request)
PRISM_LOCAL_MESSAGE(prism::tick)
PRISM_LOCAL_MESSAGE(prism::arrange_children)
PRISM_LOCAL_MESSAGE(prism::read_cluster)
PRISM_LOCAL_MESSAGE(prism::begin_drain)
PRISM_LOCAL_MESSAGE(prism::restart_child)
PRISM_LOCAL_MESSAGE(prism::run_task)
PRISM_LOCAL_MESSAGE(prism::get_status)
PRISM_LOCAL_MESSAGE(prism::actor_status)
