#pragma once

#include "actors/node_context.hpp"
#include "core/lru_cache.hpp"
#include "messages/interfaces.hpp"

#include <deque>
#include <unordered_map>
#include <vector>

namespace prism {

/// Gives every DID its id; the only writer of new users. Requests are answered in the order in
/// which their DIDs become known; a DID that several ask for is asked of the database once; at most
/// `max-concurrent-user-creations` batches are at work, the others wait in turn.
class user_creation_state {
public:
  using interface = user_creation_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "user_creation";

  /// Ids kept in memory.
  static constexpr std::size_t cache_capacity = 200'000;
  /// DIDs in one statement.
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
  };
  using request_ptr = std::shared_ptr<pending_request>;
  /// Who waits for one DID, and where in the answer its id goes.
  using waiters = std::vector<std::pair<request_ptr, std::size_t>>;

  caf::result<interned_users> intern(const intern_users& wanted);
  void start_batches();
  void finish_batch(const std::vector<std::string>& dids, const db::job_outcome& done);
  void fail_batch(const std::vector<std::string>& dids, const std::string& problem);
  void stop_if_idle();
  void show();

  self_pointer self_;
  node_ptr node_;
  lru_cache<std::string, std::int64_t> known_{cache_capacity};
  std::unordered_map<std::string, waiters> wanted_; // bounded by what shards have in flight
  std::deque<std::string> queue_;
  std::size_t batches_at_work_{0};
  bool stopping_{false};
};

} // namespace prism
