#pragma once

#include "actors/runtime/ask_database.hpp"
#include "actors/runtime/node_context.hpp"
#include "core/did_queue.hpp"
#include "core/lru_cache.hpp"
#include "core/rate_limited.hpp"
#include "messages/interfaces.hpp"
#include "metrics/running_total.hpp"

#include <chrono>
#include <unordered_map>

namespace prism {

/// Gives every DID its id; the only writer of new users. Ids that are not in its cache are
/// requested in batches, as core/did_queue decides: at most `max-concurrent-user-creations` at a
/// time.
///
/// Every request is answered within `user-creation-timeout-ms`, with the ids or with an error after
/// which the shard asks again. So a batch that the database does not finish delays only the shards
/// that need its DIDs. The queue is bounded by its senders: each shard has one request at a time,
/// for the DIDs of one batch, and the requests of a shard that died expire.
class user_creation_state {
public:
  using interface = user_creation_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "user_creation";

  /// Ids kept in memory.
  static constexpr std::size_t cache_capacity = 200'000;
  /// Most DIDs in one statement; fewer while the database is too slow for them.
  static constexpr std::size_t batch_capacity = 1'000;

  user_creation_state(self_pointer self, node_ptr node);
  /// Answers all requests; CAF would not.
  ~user_creation_state();
  user_creation_state(const user_creation_state&) = delete;
  user_creation_state& operator=(const user_creation_state&) = delete;

  interface::behavior_type make_behavior();
  [[nodiscard]] actor_status status() const;

private:
  using promise = caf::typed_response_promise<interned_users>;
  using request_id = did_queue::request_id;

  caf::result<interned_users> intern(const intern_users& request);
  void start_batches();
  void start(did_queue::batch batch);
  void on_committed(const did_queue::batch& batch, const did_queue::ids& ids);
  void on_failed(const did_queue::batch& batch, const db::db_error& error);
  /// After a batch: start the next one, or stop.
  void proceed();
  void expire();
  /// Removes the request and delivers its answer.
  void deliver(request_id id, interned_users answer);
  void stop_if_idle();
  void show();

  self_pointer self_;
  node_ptr node_;
  lru_cache<std::string, std::int64_t> user_ids_{cache_capacity};
  metrics::shown_cache shown_user_ids_;
  did_queue queue_;
  enum class line : std::uint8_t { rejected, failed };
  rate_limited<line> lines_{std::chrono::seconds{10}, 2};
  std::unordered_map<request_id, promise> answers_; // one for each request in the queue
  bool starting_batches_{false};
  bool stopping_{false};
};

} // namespace prism
