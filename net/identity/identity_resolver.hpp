#pragma once

#include "atproto/identity/published_identity.hpp"
#include "core/error.hpp"
#include "core/host_limiter.hpp"

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
  /// Development and tests only: resolves every handle with com.atproto.identity.resolveHandle of
  /// this server instead of the handle's domain. Trusted. Empty: off.
  std::string handle_resolver_url{};
  /// PEM file of certificate authorities trusted in addition to the system's; empty for none.
  std::string ca_file{};
  /// Name servers as ADDRESS[:PORT],...; empty: those of the system.
  std::string dns_servers{};
  /// Development and tests only: untrusted hosts may use private addresses and plain http.
  bool allow_private{false};
  /// Time limit of each request, see `http_client_options`.
  std::chrono::milliseconds timeout{5'000};
  /// Limits on requests to untrusted hosts: in flight in total, and per host.
  std::size_t max_in_flight{256};
  host_limiter_options limits{};
  /// Maximum entries of the caches and their lifetime.
  std::size_t cached_documents{20'000};
  std::size_t cached_handles{50'000};
  std::chrono::seconds cache_ttl{3'600};
};

/// What a DID document publishes, or that there is none for certain; null: not known, or not asked
/// now.
using published_ptr = std::shared_ptr<const atproto::published_identity>;

/// Result of a lookup of a DID's document.
struct document_answer {
  published_ptr document; ///< null: not known
  bool held_back{false};  ///< if so: whether nothing was requested, since a host's limit is reached
  std::string why;        ///< if it is null, or there is no document: the reason as text
};

/// Result of a handle check.
struct handle_answer {
  enum class handle_status : std::uint8_t {
    confirmed, ///< both directions agree
    refuted,   ///< no document, no handle in it, or the handle resolves to another DID
    unknown,   ///< a server did not answer; keep the last confirmed handle
    held_back, ///< not requested, because a limit of the host is reached; retry soon
  };
  handle_status what{handle_status::unknown};
  std::string handle; ///< if confirmed
  std::string why;    ///< otherwise: the reason as text
  /// Of the document, unless a cache had it.
  published_ptr document{};
};

/// Whether an account's repo exists at its PDS.
struct hosting_answer {
  enum class hosting_status : std::uint8_t {
    hosted,    ///< the PDS has it, perhaps inactive
    gone,      ///< the PDS has no such repo, or the DID has no document or no PDS
    unknown,   ///< a server did not answer
    held_back, ///< not requested, because a limit of the host is reached
  };
  hosting_status what{hosting_status::unknown};
  std::string why;
};

/// Counters of an `identity_resolver`.
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

/// Resolves DIDs and handles (DID and handle specs): documents of did:plc and did:web, handles by
/// DNS TXT record and https well-known file, checked in both directions. Asynchronous, on its own
/// thread. It never queues: the caller bounds the lookups in flight, and one that would exceed a
/// host's limit ends as `held_back`.
class identity_resolver {
public:
  /// Errors: `errc::io`, `errc::invalid` naming the setting.
  [[nodiscard]] static expected<std::unique_ptr<identity_resolver>> start(identity_options options);

  identity_resolver(const identity_resolver&) = delete;
  identity_resolver& operator=(const identity_resolver&) = delete;
  ~identity_resolver();

  /// Checks the handle of `did`. @param bypass_cache drops its cached entries first.
  /// @param done called once, on the resolver's thread; must not throw.
  void check_handle(std::string did, bool bypass_cache, std::function<void(handle_answer)> done);

  /// Fetches what the document of `did` publishes. No cache is asked or filled. A did:web whose
  /// domain has no address has no document: for an answer that is soon asked for again, unlike one
  /// of the other functions, that is certain enough.
  /// @param done as for `check_handle`.
  void find_document(std::string did, std::function<void(document_answer)> done);

  /// Asks the PDS in the current DID document of `did` whether it has the repo.
  void check_hosting(std::string did, std::function<void(hosting_answer)> done);

  /// Ends all lookups in flight with `unknown`, then the thread. Not callable from a callback.
  void stop();

  /// As of the last completed lookup. Callable from any thread.
  [[nodiscard]] identity_stats stats() const;

private:
  class impl;
  explicit identity_resolver(std::unique_ptr<impl> made);
  std::unique_ptr<impl> impl_;
};

} // namespace prism::net
