#pragma once

#include "core/error.hpp"
#include "core/host_gate.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace prism::net {

/// Settings of an `identity_resolver`.
struct identity_options {
  /// The PLC directory; trusted.
  std::string plc_url{"https://plc.directory"};
  /// Development and tests only: resolves every handle by asking this server for
  /// com.atproto.identity.resolveHandle, instead of the handle's own domain. Trusted. Empty: off.
  std::string handle_resolver_url{};
  /// PEM file of certificate authorities trusted beside the system's; empty for none.
  std::string ca_file{};
  /// Name servers as ADDRESS[:PORT],...; empty: those of the system.
  std::string dns_servers{};
  /// Development and tests only: strangers may lead us to private addresses and plain http.
  bool allow_private{false};
  /// Limit of each request, see `http_client_options`.
  std::chrono::milliseconds timeout{5'000};
  /// Requests to strangers at once, to all and to each.
  std::size_t max_in_flight{256};
  host_gate_options gate{};
  /// Entries kept, and for how long one is as good as a new look-up.
  std::size_t cached_documents{20'000};
  std::size_t cached_handles{50'000};
  std::chrono::seconds cache_ttl{3'600};
};

/// What is known of a DID's handle.
struct handle_answer {
  enum class handle_status : std::uint8_t {
    confirmed, ///< both directions agree
    refuted,   ///< certainly not: no document, no handle in it, or the handle points elsewhere
    unknown,   ///< somebody did not answer; the last good handle is still the best there is
    held_back, ///< not asked now, to spare a host; to be asked again soon
  };
  handle_status what{handle_status::unknown};
  std::string handle; ///< if confirmed
  std::string why;    ///< if not, a sentence
};

/// Whether an account's repo exists at its PDS.
struct hosting_answer {
  enum class hosting_status : std::uint8_t {
    hosted,    ///< the PDS has it, perhaps inactive
    gone,      ///< the PDS has no such repo, or the DID has no document or no PDS
    unknown,   ///< somebody did not answer
    held_back, ///< not asked now
  };
  hosting_status what{hosting_status::unknown};
  std::string why;
};

/// The numbers of an `identity_resolver`.
struct identity_stats {
  struct cache {
    std::uint64_t hits{0}, misses{0}, evictions{0};
    std::size_t entries{0};
  };
  cache documents;
  cache handles;
  std::uint64_t answered{0}, failed{0}, timed_out{0}, refused{0}, held_back{0}; ///< HTTP requests
  std::size_t hosts{0};
  std::size_t open_circuits{0};
};

/// Finds out who a DID is (DID and handle specs): documents of did:plc and did:web, handles by DNS
/// TXT and by the https well-known file, always in both directions. Asynchronous, on a thread of
/// its own. It never queues: how many look-ups are under way is the caller's choice, and one that
/// must not be made now is `held_back`.
class identity_resolver {
public:
  /// Errors: `errc::io`, `errc::invalid` naming the setting.
  [[nodiscard]] static expected<std::unique_ptr<identity_resolver>> start(identity_options options);

  identity_resolver(const identity_resolver&) = delete;
  identity_resolver& operator=(const identity_resolver&) = delete;
  ~identity_resolver();

  /// Looks up the handle of `did`. @param fresh forgets what is cached of it first.
  /// @param done called once, on the resolver's thread; must not throw.
  void check_handle(std::string did, bool bypass_cache, std::function<void(handle_answer)> done);

  /// Asks the PDS of `did`, by its newest document, whether it has the repo.
  void check_hosting(std::string did, std::function<void(hosting_answer)> done);

  /// Ends all look-ups under way, which answer `unknown`, and then the thread. Not from a callback.
  void stop();

  /// As of the last look-up that ended. Any thread.
  [[nodiscard]] identity_stats stats() const;

private:
  class impl;
  explicit identity_resolver(std::unique_ptr<impl> made);
  std::unique_ptr<impl> impl_;
};

} // namespace prism::net
