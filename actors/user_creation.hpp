#pragma once

#include "actors/runtime/ask_database.hpp"
#include "actors/runtime/node_context.hpp"
#include "core/batch_size.hpp"
#include "core/lru_cache.hpp"
#include "messages/interfaces.hpp"
#include "metrics/running_total.hpp"

#include <chrono>
#include <deque>
#include <unordered_map>
#include <vector>

namespace prism {

/// Gives every DID its id; the only writer of new users. DIDs go to the database in the order in
/// which they were first asked for, so nobody is overtaken; one that several ask for goes there
/// once. At most `max-concurrent-user-creations` batches are at work, the others wait in turn.
///
/// Who asks gets an answer within `user-creation-timeout`, if only that there is none yet: its DIDs
/// keep their place, and it asks again. So a batch that the database does not finish holds up those
/// who need its DIDs and nobody else. What waits is bounded by what asks: each shard has one
/// request, of the DIDs of one batch, and what a shard left behind that died goes with its time.
class user_creation_state {
public:
  using interface = user_creation_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "user_creation";

  /// Ids kept in memory.
  static constexpr std::size_t cache_capacity = 200'000;
  /// DIDs in one statement, at most: fewer while the database is too slow for them.
  static constexpr std::size_t batch_capacity = 1'000;

  user_creation_state(self_pointer self, node_ptr node);
  /// Tells all who wait; CAF would not.
  ~user_creation_state();
  user_creation_state(const user_creation_state&) = delete;
  user_creation_state& operator=(const user_creation_state&) = delete;

  interface::behavior_type make_behavior();

private:
  using promise = caf::typed_response_promise<interned_users>;
  /// One request that still lacks ids.
  struct pending_request {
    promise answer;
    std::vector<std::int64_t> ids;
    std::size_t missing{0};
    std::chrono::steady_clock::time_point since;
  };
  using request_ptr = std::shared_ptr<pending_request>;
  /// Who waits for one DID, and where in the answer its id goes.
  using waiters = std::vector<std::pair<request_ptr, std::size_t>>;

  caf::result<interned_users> intern(const intern_users& wanted);
  void start_batches();
  void finish_batch(const std::vector<std::string>& dids, const std::vector<std::int64_t>& ids);
  void refuse_batch(const std::vector<std::string>& dids, const db::db_error& why);
  void fail_batch(const std::vector<std::string>& dids, const std::string& problem,
                  bool needs_operator = false, const std::string& refused = {});
  void fail(const request_ptr& request, const std::string& problem, bool needs_operator = false,
            const std::string& refused = {});
  void halve(const std::vector<std::string>& dids, const db::db_error& why);
  void answer(const request_ptr& request);
  /// Those who have waited too long.
  void expire();
  /// Forgets those who have their answer.
  void sweep();
  void stop_if_idle();
  void show();

  self_pointer self_;
  node_ptr node_;
  lru_cache<std::string, std::int64_t> user_ids_{cache_capacity};
  metrics::shown_cache shown_user_ids_;
  std::deque<request_ptr> requests_; // in the order of their coming, answered ones swept away
  std::unordered_map<std::string, waiters> wanted_; // queued or at work; all may have given up
  std::deque<std::string> queue_;
  std::size_t batches_at_work_{0};
  batch_size size_; // of the next batch
  bool stopping_{false};
};

} // namespace prism
