#pragma once

#include "messages/types.hpp"

/// The typed interfaces of all actors. Every one takes `stop_request` and answers `get_status`.
namespace prism {

/// What every actor takes.
using any_actor =
    caf::typed_actor<caf::reacts_to<stop_request>, caf::replies_to<get_status>::with<actor_status>>;

using firehose_actor =
    caf::typed_actor<caf::reacts_to<source_frames>, caf::reacts_to<shard_ready>,
                     caf::reacts_to<frames_durable>, caf::reacts_to<tick>,
                     caf::reacts_to<stop_request>, caf::replies_to<get_status>::with<actor_status>>;

using shard_actor =
    caf::typed_actor<caf::reacts_to<frame_batch>, caf::reacts_to<advance_to>,
                     caf::reacts_to<firehose_started>, caf::reacts_to<tick>,
                     caf::reacts_to<stop_request>, caf::replies_to<get_status>::with<actor_status>>;

using user_creation_actor =
    caf::typed_actor<caf::replies_to<intern_users>::with<interned_users>, caf::reacts_to<tick>,
                     caf::reacts_to<stop_request>, caf::replies_to<get_status>::with<actor_status>>;

using pending_ops_actor =
    caf::typed_actor<caf::replies_to<pending_changed>::with<pending_noted>, caf::reacts_to<tick>,
                     caf::reacts_to<stop_request>, caf::replies_to<get_status>::with<actor_status>>;

using identity_actor =
    caf::typed_actor<caf::reacts_to<identity_tasks_added>, caf::reacts_to<identity_lookup_done>,
                     caf::reacts_to<tick>, caf::reacts_to<stop_request>,
                     caf::replies_to<get_status>::with<actor_status>>;

using pool_actor =
    caf::typed_actor<caf::replies_to<run_job>::with<job_result>,
                     caf::replies_to<get_pool_sample>::with<pool_sample>, caf::reacts_to<tick>,
                     caf::reacts_to<wake_up>, caf::reacts_to<stop_request>,
                     caf::replies_to<get_status>::with<actor_status>>;

/// pool_monitor and janitor: they act by the clock.
using periodic_actor = caf::typed_actor<caf::reacts_to<tick>, caf::reacts_to<stop_request>,
                                        caf::replies_to<get_status>::with<actor_status>>;

using db_session_actor =
    caf::typed_actor<caf::replies_to<run_job>::with<job_result>, caf::reacts_to<stop_request>,
                     caf::replies_to<get_status>::with<actor_status>>;

using metrics_actor = caf::typed_actor<caf::reacts_to<tick>, caf::reacts_to<stop_request>,
                                       caf::replies_to<get_status>::with<actor_status>>;

using supervisor_actor =
    caf::typed_actor<caf::reacts_to<tick>, caf::reacts_to<chaos_tick>, caf::reacts_to<stop_request>,
                     caf::replies_to<get_status>::with<actor_status>>;

} // namespace prism
