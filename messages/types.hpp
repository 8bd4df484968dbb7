#pragma once

#include "core/frame_bytes.hpp"
#include "core/pool_usage.hpp"
#include "messages/caf.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

/// What db/ defines and messages only carry.
namespace prism::db {
enum class identity_kind : std::int16_t;
struct job;
struct job_outcome;
struct partial_report;
struct pending_change;
} // namespace prism::db

/// The vocabulary of the actors. Each type says who sends it and who answers.
namespace prism {

/// A frame that has a place in the stream: its seq is known, and the shard it belongs to.
struct routed_frame {
  std::int64_t seq{0};
  frame_bytes data;
};

/// I/O thread → firehose: frames as they were read, with what a glance at them told.
struct source_frames {
  struct item {
    routed_frame frame;
    std::size_t shard{0};
    bool for_a_shard{false};
  };
  std::shared_ptr<const std::vector<item>> items;
};

/// firehose → shard: at most as many frames as the shard has credit for.
struct frame_batch {
  std::uint64_t incarnation{
      0}; ///< as in `shard_ready`: a shard drops what was meant for its predecessor
  std::shared_ptr<const std::vector<routed_frame>> frames;
};

/// firehose → shard: nothing is on its way to you, everything up to here is for others.
struct advance_to {
  std::int64_t seq{0};
};

/// firehose → shard, when it starts: give back what waits, finish what is at work, then announce
/// yourself with `shard_ready`.
struct firehose_started {};

/// shard → firehose: I am here (again) and have stored everything up to this seq. Until it comes,
/// the firehose sends nothing; after it, everything above that seq, in order.
struct shard_ready {
  std::size_t shard{0};
  std::uint64_t incarnation{0}; ///< different for every announcement, never 0
  std::int64_t durable_seq{0};
};

/// shard → firehose: everything up to this seq is committed.
struct frames_durable {
  std::size_t shard{0};
  std::int64_t seq{0};
  std::int64_t event_time{0}; ///< µs since 1970 of the newest event in it; 0: none
};

/// shard → user_creation, which answers with `interned_users`.
struct intern_users {
  std::shared_ptr<const std::vector<std::string>> dids; ///< distinct
};
/// Ids of the DIDs asked for, in their order; null with a sentence if the database failed.
struct interned_users {
  std::shared_ptr<const std::vector<std::int64_t>> ids;
  std::string problem;
  bool needs_operator{false}; ///< trying again will not help: the error is fatal
  std::string refused;        ///< if one of them is refused for its content: the SQLSTATE
};

/// shard → pending_ops, which answers with `pending_noted`: what a committed batch parked, released
/// and cancelled. A shard has at most one unanswered.
struct pending_changed {
  std::shared_ptr<const std::vector<db::pending_change>> changes;
  bool all{true}; ///< false: others will never be told, and only the table knows
};
struct pending_noted {};

/// shard → identity: a batch that may have added identity tasks is committed.
struct identity_tasks_added {};

/// The resolver's thread → identity: what a look-up found.
struct identity_lookup_done {
  std::int64_t user_id{0};
  db::identity_kind kind{};
  bool known{false};     ///< whether there is an answer at all
  bool held_back{false}; ///< if not: because nobody was asked
  bool good{false};      ///< if so: the handle is confirmed, or the repo is hosted
  std::string handle;
  std::string why;
};

/// anyone → pool → db_session, which answers with `job_result`.
struct run_job {
  std::shared_ptr<const db::job> what;
};
struct job_result {
  std::shared_ptr<const db::job_outcome> what;
  /// db_session → pool: how the session fares; of no meaning to others.
  struct session_note {
    bool unreachable{false};             ///< no connection could be made, the job was not begun
    bool broken{false};                  ///< the connection was lost
    std::chrono::microseconds opened{0}; ///< time that a new connection took; 0: there was one
  } session{};
  /// What the job has done although it failed; null: nothing, or nobody knows.
  std::shared_ptr<const db::partial_report> partial{};
};

/// supervisor → any child: finish what you are at, then end.
struct stop_request {};

/// An actor → itself, after a delay.
struct tick {};

/// supervisor → itself: time to kill somebody (`chaos-kill-per-minute`).
struct chaos_tick {};

/// pool → itself: a new connection may be tried again.
struct wake_up {};

/// pool_monitor → pool, which answers with a `pool_sample`.
struct get_pool_sample {};

/// anyone → any actor, which answers with `actor_status`.
struct get_status {};
struct actor_status {
  std::string name;
  std::vector<std::pair<std::string, std::string>> fields;
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
PRISM_LOCAL_MESSAGE(prism::run_job)
PRISM_LOCAL_MESSAGE(prism::job_result)
PRISM_LOCAL_MESSAGE(prism::chaos_tick)
PRISM_LOCAL_MESSAGE(prism::wake_up)
PRISM_LOCAL_MESSAGE(prism::get_pool_sample)
PRISM_LOCAL_MESSAGE(prism::pool_sample)
PRISM_LOCAL_MESSAGE(prism::stop_request)
PRISM_LOCAL_MESSAGE(prism::tick)
PRISM_LOCAL_MESSAGE(prism::get_status)
PRISM_LOCAL_MESSAGE(prism::actor_status)
