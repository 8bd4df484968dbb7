#pragma once

#include "core/clock.hpp"
#include "core/lru_cache.hpp"
#include "core/token_bucket.hpp"
#include "db/identity/known_identity.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prism {

/// Lookups that the data plane asks for: who waits for which DID, what was found lately, and how
/// much may be asked of others. Anybody can make the AppView ask for any DID, so everything here is
/// bounded: calls that wait, lookups under way, and memory. Accounts of ours with a did:plc are
/// looked up apart from other DIDs, whose rate is limited and whose servers may be strangers': so
/// those cannot keep accounts from being looked up. A plain value for one thread; the time is
/// passed in.
class identity_requests {
public:
  using answer = std::shared_ptr<const db::known_identity>; ///< null: none
  using waiter = std::uint64_t;                             ///< a name that the owner gives

  struct limits {
    std::size_t waiting{1'000};   ///< calls that wait
    std::size_t accounts{64};     ///< lookups of accounts under way
    std::size_t others{160};      ///< of other DIDs: more than the rate begins in a request's time
    double others_per_second{20}; ///< of those
    double burst{40};
    std::size_t remembered{10'000};               ///< answers, and failures as many
    std::size_t bytes{std::size_t{16} << 20U};    ///< of both, each
    std::chrono::milliseconds patience{3'000};    ///< a call waits no longer
    std::chrono::milliseconds failure_for{5'000}; ///< nothing is asked again so soon
  };

  /// The result of a lookup.
  struct result {
    answer found;          ///< null: not known whether there is a document
    bool held_back{false}; ///< if so: whether nothing was requested, to spare a host
    std::string why;       ///< if it is null: a sentence
  };

  /// What to do with a request.
  struct decision {
    answer found;        ///< give this
    std::string refused; ///< else, if not empty: it fails, and why; if empty, it waits
    bool look_up{false}; ///< begin the lookup
  };

  identity_requests(limits options, time_point now)
      : options_(options), rate_(options.others_per_second, options.burst, now),
        found_(options.remembered), failed_(options.remembered) {}

  /// A call asks, under a `waiter` of its own. One lookup serves all calls that ask for the DID
  /// after the same #identity event.
  /// @param who empty: begin the lookup, if it may be begun now; nobody waits for it
  [[nodiscard]] decision ask(const db::wanted_identity& wanted, std::optional<waiter> who,
                             time_point now);

  /// A lookup has ended, however. @returns who waited for it.
  [[nodiscard]] std::vector<waiter> finish(const db::wanted_identity& wanted, const result& what,
                                           time_point now);

  /// Calls that have waited for too long; they wait no longer. Their lookups go on.
  [[nodiscard]] std::vector<waiter> expire(time_point now);

  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_; }
  [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_.size(); }
  [[nodiscard]] std::size_t remembered() const noexcept { return found_.size() + failed_.size(); }

private:
  // A DID, and the event after which it is looked up.
  using key = std::pair<std::string, db::stream_place>;

  struct look_up {
    bool account{false}; ///< of ours, with a did:plc
    std::vector<std::pair<waiter, time_point>> waiters;
  };
  struct found_entry {
    db::stream_place place{0};
    answer what;
    time_point since;
  };
  struct failed_entry {
    db::stream_place place{0};
    std::string why;
    time_point since;
  };
  /// Entries of at most so many bytes in all; the least recently used go first.
  template <class Entry>
  struct memory {
    explicit memory(std::size_t capacity) : entries(capacity) {}
    void put(const std::string& did, Entry entry, std::size_t max_bytes);
    void drop(const std::string& did);
    [[nodiscard]] std::size_t size() const noexcept { return entries.size(); }
    lru_cache<std::string, Entry> entries;
    std::size_t bytes{0};
  };
  [[nodiscard]] static std::size_t size_of(const found_entry& entry);
  [[nodiscard]] static std::size_t size_of(const failed_entry& entry);

  /// What is remembered, and whether it is to be looked up again.
  [[nodiscard]] std::pair<answer, bool> recall(const db::wanted_identity& wanted, time_point now);
  /// Why no lookup may begin; empty: one may.
  [[nodiscard]] std::string_view refusal(const db::wanted_identity& wanted, time_point now);

  limits options_;
  token_bucket rate_;
  std::map<key, look_up> in_flight_;
  std::size_t waiting_{0};
  std::size_t accounts_{0}; // of those in flight
  memory<found_entry> found_;
  memory<failed_entry> failed_;
};

} // namespace prism
