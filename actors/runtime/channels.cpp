#include "actors/runtime/channels.hpp"

#include "messages/types.hpp"

#include <cstddef>
#include <typeinfo>
#include <utility>

namespace prism {

void declare_channels(metrics::registry& metrics, const config::options& options) {
  const std::size_t shards = options.shards;
  const std::size_t look_ups = options.identity_concurrency;
  const std::size_t on_demand = 224; // identity_requests::limits: accounts and others
  const std::pair<const char*, std::size_t> channels[] = {
      {"source_to_firehose", source_read_ahead},
      {"shard_to_user_creation", shards},
      {"user_creation_to_pool", options.max_concurrent_user_creations},
      {"shard_to_pool", shards},
      {"identity_to_pool", 2 + look_ups}, // a claim, a store, and purges
      {"janitor_to_pool", 1},
      {"pending_ops_to_pool", 1},
      {"firehose_to_pool", 1},
      {"pool_queue", options.db_max_waiting},
      {"pool_to_db_session", options.db_pool_size},
      {"shard_to_pending_ops", shards},
      {"janitor_to_pending_ops", 1},
      {"identity_to_pending_ops", look_ups},
      {"resolver_to_identity", look_ups + on_demand},
  };
  for (const auto& [name, capacity] : channels)
    metrics.declare_channel(name, capacity);
  metrics.declare_inbox("firehose_to_shard_advance", "shard", typeid(advance_to), shards);
  metrics.declare_inbox("shard_to_firehose", "firehose", typeid(frames_durable), shards);
  metrics.declare_inbox("shard_to_identity", "identity", typeid(identity_tasks_added), shards);
}

} // namespace prism
