#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace prism::config {

/// Every setting of `prismd`, with its default. The command line, file and environment names, the
/// allowed values and the help text are one row each in config/option_rows.cpp: a member `foo_bar`
/// is `--foo-bar=VALUE`, `foo-bar = VALUE` and `PRISM_FOO_BAR`; one that is a duration has its unit
/// at the end of those names (`--drain-timeout-ms`).
struct options {
  // -- source -------------------------------------------------------------------------------------

  /// The relay or PDS to follow: ws:// or wss://, host, optional port and path.
  std::string relay_url{"wss://bsky.network"};

  /// Where to begin when the database holds no cursor for this relay: nothing is the live end
  /// ("live"), 0 the oldest frame it still has ("oldest"), N the first frame after seq N. A stored
  /// cursor always wins.
  std::optional<std::int64_t> start_cursor;

  /// PEM file of certificate authorities trusted beside the system's; empty for none.
  std::string ca_file;

  /// From name resolution to the open WebSocket. 100 ms to 10 min.
  std::chrono::milliseconds connect_timeout{10'000};

  /// How often the relay is pinged; below `idle_timeout`. 100 ms to 10 min.
  std::chrono::milliseconds ping_interval{30'000};

  /// Silence, pongs included, after which a connection counts as dead. 200 ms to 1 h.
  std::chrono::milliseconds idle_timeout{60'000};

  /// First and longest wait before a reconnect, with jitter. 1 ms to 1 min, and 1 ms to 1 h.
  std::chrono::milliseconds backoff_min{1'000};
  std::chrono::milliseconds backoff_max{30'000};

  /// Frames read but not yet committed; at this number the socket is not read any more.
  /// 1 to 1,000,000. Memory grows with it, and so does what a restarted shard can replay.
  std::uint64_t firehose_window_frames{20'000};

  /// The same bound in bytes. 8 MiB (more than one frame) to 16 GiB.
  std::uint64_t firehose_window_bytes{std::uint64_t{64} << 20U};

  // -- indexing -----------------------------------------------------------------------------------

  /// Parallel lanes; repos are spread over them by DID. 1 to 256. About as many as the database has
  /// cores: more make events of different repos overtake each other, so that more have to wait.
  std::uint64_t shards{2};

  /// Most frames in one database transaction. 1 to 10,000.
  std::uint64_t batch_max_frames{500};

  /// Batches of new users at work at the same time. 1 to 1,000.
  std::uint64_t max_concurrent_user_creations{10};

  /// How long a shard waits for ids of new users before it asks again. 100 ms to 1 h.
  std::chrono::milliseconds user_creation_timeout{30'000};

  /// How long an operation waits for what it refers to; 0 keeps it for ever. Up to 1 year.
  std::chrono::seconds pending_ttl{86'400};

  /// Uris that memory keeps the waiting operations of: posts, and lists. 1 to 10,000,000.
  std::uint64_t pending_max_posts{10'000};
  std::uint64_t pending_max_lists{5'000};

  /// Waiting operations that memory keeps for one uri. 1 to 100,000.
  std::uint64_t pending_max_items{100};

  /// What happens to records of collections that Prism does not know: "skip" counts and passes over
  /// them.
  std::string unknown_collections{"skip"};

  /// The PLC directory that resolves did:plc. http:// or https://.
  std::string plc_url{"https://plc.directory"};

  // -- identity -----------------------------------------------------------------------------------

  /// "on", or "off": then nobody is asked who a DID is; what is to be asked waits in the database,
  /// and deletions of accounts are believed.
  std::string identity_lookups{"on"};

  /// Look-ups of handles and deletions under way at once. 1 to 1,000.
  std::uint64_t identity_concurrency{64};

  /// Limit of each request of a look-up. 100 ms to 1 min.
  std::chrono::milliseconds identity_timeout{5'000};

  /// Requests to one host at once, and per second, of which twice as many may come at once. 1 to
  /// 1,000. Not for the PLC directory.
  std::uint64_t identity_host_concurrency{4};
  std::uint64_t identity_host_rate{10};

  /// Name servers as ADDRESS[:PORT],...; empty for the system's.
  std::string dns_servers;

  /// Development only: a server that resolves all handles, in place of their domains; empty is off.
  std::string handle_resolver_url;

  /// Development only, "yes" or "no": whether DID documents and handles may lead to private
  /// addresses and plain http.
  std::string allow_private_addresses{"no"};

  /// "yes": what a deleted account owned is purged once its PDS has confirmed the deletion; "no":
  /// at once.
  std::string verify_deletions{"yes"};

  // -- database -----------------------------------------------------------------------------------

  /// postgresql:// URL or libpq key=value pairs; empty for a private PostgreSQL in `data_dir`.
  std::string database_url;

  /// Where the private PostgreSQL and other state live. Created when missing.
  std::string data_dir{"./var"};

  /// Most database sessions; opened only when needed. 1 to 1,000.
  std::uint64_t db_pool_size{40};

  /// The server cancels a statement that runs longer. 100 ms to 1 h.
  std::chrono::milliseconds statement_timeout{30'000};

  /// We cancel and roll back a transaction that takes longer in all. 100 ms to 1 h.
  std::chrono::milliseconds transaction_timeout{10'000};

  // -- pool and upkeep ----------------------------------------------------------------------------

  /// Jobs that may wait for a session; more are refused and come again. 1 to 1,000,000.
  std::uint64_t db_max_waiting{1'024};

  /// How long a job waits for a session. 10 ms to 1 h.
  std::chrono::milliseconds db_acquire_timeout{30'000};

  /// A session older than this, less up to a tenth at random, is replaced when it is free; 0 is
  /// never. Up to 1 year.
  std::chrono::seconds db_session_max_age{1'800};

  /// A job that has a session for longer is named in the log, once; 0 is never. Up to 1 h.
  std::chrono::milliseconds db_leak_threshold{30'000};

  /// Share of the pool at work, in percent, that is worth a warning, and that is critical. 1 to
  /// 100.
  std::uint64_t db_pool_warning_percent{80};
  std::uint64_t db_pool_critical_percent{95};

  /// How long versions of records that are gone are kept for events that come late (docs/ORDER.md);
  /// 0 keeps them for ever. Up to 1 year.
  std::chrono::seconds history_keep{172'800};

  /// How often the janitor deletes sessions and OAuth states past their end, and operations parked
  /// for too long; and how often it goes on with what is old in the history and with its audits. 1
  /// s to 7 days.
  std::chrono::seconds session_sweep_interval{3'600};
  std::chrono::seconds oauth_sweep_interval{21'600};
  std::chrono::seconds pending_sweep_interval{60};
  std::chrono::seconds audit_interval{600};

  // -- operation ----------------------------------------------------------------------------------

  /// ADDRESS:PORT of /metrics, /healthz and /readyz; port 0 is any free one; empty is none.
  std::string metrics_listen{"127.0.0.1:9464"};

  /// trace, debug, info, warn, error or off.
  std::string log_level{"info"};

  /// "text" for people, "json" for machines.
  std::string log_format{"text"};

  /// Longest orderly stop: what is not committed then is left to the next start. 0 to 10 min.
  std::chrono::milliseconds drain_timeout{20'000};

  /// Exit with 0 once nothing new has come for this long and all is committed; 0 is never.
  /// For demos and tests. Up to 1 h.
  std::chrono::milliseconds until_caught_up{0};

  /// Testing only: the point at which the process kills itself (core/crash_point.hpp); empty: none.
  std::string crash_point;

  /// Testing only: actors killed at random per minute, to see that nothing is lost by it; 0 is
  /// none. Up to 600.
  std::uint64_t chaos_kill_per_minute{0};

  friend bool operator==(const options&, const options&) = default;
};

} // namespace prism::config
