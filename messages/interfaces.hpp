#pragma once

#include "messages/types.hpp"

/// The typed interfaces of all actors. Every one takes `stop_request` and answers `get_status`. Who
/// sends a message, and who answers it, is said at its type (messages/types.hpp).
namespace prism {

using status_request = answers<get_status, actor_status>;

/// What every actor has.
using any_actor = caf::typed_actor<takes<stop_request>, status_request>;

using firehose_actor =
    caf::typed_actor<takes<source_frames>, takes<shard_ready>, takes<frames_durable>, takes<tick>,
                     takes<stop_request>, status_request>;

using shard_actor = caf::typed_actor<takes<frame_batch>, takes<advance_to>, takes<firehose_started>,
                                     takes<tick>, takes<stop_request>, status_request>;

using user_creation_actor = caf::typed_actor<answers<intern_users, interned_users>, takes<tick>,
                                             takes<stop_request>, status_request>;

using pending_ops_actor = caf::typed_actor<answers<pending_changed, pending_noted>, takes<tick>,
                                           takes<stop_request>, status_request>;

using identity_actor =
    caf::typed_actor<takes<identity_tasks_added>, takes<identity_lookup_done>,
                     answers<resolve_identity, identity_resolved>, takes<document_looked_up>,
                     takes<tick>, takes<stop_request>, status_request>;

using pool_actor =
    caf::typed_actor<answers<run_job, job_result>, answers<get_pool_sample, pool_sample>,
                     takes<tick>, takes<wake_up>, takes<stop_request>, status_request>;

using janitor_actor =
    caf::typed_actor<takes<tick>, takes<run_task>, takes<stop_request>, status_request>;

/// pool_monitor, metrics: only the clock makes them act.
using periodic_actor = caf::typed_actor<takes<tick>, takes<stop_request>, status_request>;

using db_session_actor =
    caf::typed_actor<answers<run_job, job_result>, takes<stop_request>, status_request>;

using reader_actor = caf::typed_actor<takes<read_call>, takes<lend_session>, takes<tick>,
                                      takes<stop_request>, status_request>;

using cluster_actor = caf::typed_actor<takes<tick>, takes<read_cluster>, takes<begin_drain>,
                                       takes<stop_request>, status_request>;

using supervisor_actor =
    caf::typed_actor<takes<tick>, takes<chaos_tick>, takes<stop_request>, takes<restart_child>,
                     takes<arrange_children>, status_request>;

} // namespace prism
