#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace prism::config {

/// Lowest severity of the log lines that are written.
enum class log_level : std::uint8_t { trace, debug, info, warn, error, off };

/// How a log line is written: for people, or as a JSON object.
enum class log_format : std::uint8_t { text, json };

/// Every option of `prismd`, with its default. Names, allowed values and help text are one row each
/// in config/option_rows.cpp. A member `foo_bar` is `--foo-bar=VALUE` on the command line,
/// `foo-bar = VALUE` in the file and `PRISM_FOO_BAR` in the environment; the name of a duration
/// ends with its unit (`--drain-timeout-ms`).
struct options { // NOLINT(clang-analyzer-optin.performance.Padding): in the order of the file
  // -- source -------------------------------------------------------------------------------------

  /// The relay or PDS to follow: ws:// or wss://, host, optional port and path.
  std::string relay_url{"wss://bsky.network"};

  /// Where to start if the database holds no cursor for this relay: empty is the live end ("live"),
  /// 0 the oldest frame that the relay still has ("oldest"), N the first frame after seq N. A
  /// stored cursor takes precedence.
  std::optional<std::int64_t> start_cursor;

  /// PEM file of certificate authorities to trust in addition to the system's; empty for none.
  std::string ca_file;

  /// Time limit from name resolution to the open WebSocket. 100 ms to 10 min.
  std::chrono::milliseconds connect_timeout{10'000};

  /// Interval between pings to the relay; less than `idle_timeout`. 100 ms to 10 min.
  std::chrono::milliseconds ping_interval{30'000};

  /// Time without any message, pongs included, after which the connection is closed. 200 ms to 1 h.
  std::chrono::milliseconds idle_timeout{60'000};

  /// First and longest delay before a reconnect, with jitter. 1 ms to 1 min, and 1 ms to 1 h.
  std::chrono::milliseconds backoff_min{1'000};
  std::chrono::milliseconds backoff_max{30'000};

  /// Uncommitted frames at which reading from the socket stops. 1 to 1,000,000. They are kept in
  /// memory, to be resent to a restarted shard.
  std::uint64_t firehose_window_frames{20'000};

  /// The same limit in bytes. 8 MiB (more than one frame) to 16 GiB. prismd lowers the default to a
  /// quarter of the memory there is (tools/prismd/memory_fit.hpp).
  std::uint64_t firehose_window_bytes{std::uint64_t{64} << 20U};

  // -- indexing -----------------------------------------------------------------------------------

  /// Number of shards; repos are distributed over them by hash of the DID. 1 to 256. About one per
  /// core of the database server: with more, events of different repos overtake each other and more
  /// operations are parked.
  std::uint64_t shards{2};

  /// Maximum number of frames in one database transaction, where a commit of N operations counts
  /// as N; a single one may exceed it. 1 to 10,000.
  std::uint64_t batch_max_frames{1'000};

  /// Batches of new users inserted at the same time. 1 to 1,000.
  std::uint64_t max_concurrent_user_creations{10};

  /// Time a shard waits for the ids of new users before it repeats the request. 100 ms to 1 h.
  std::chrono::milliseconds user_creation_timeout{30'000};

  /// Time an operation stays parked, waiting for its referent; 0 is without limit. Up to 1 year.
  std::chrono::seconds pending_ttl{86'400};

  /// Posts, and lists, whose parked operations are kept in memory. 1 to 10,000,000.
  std::uint64_t pending_max_posts{10'000};
  std::uint64_t pending_max_lists{5'000};

  /// Parked operations kept in memory per post or list. 1 to 100,000.
  std::uint64_t pending_max_items{100};

  /// The PLC directory that resolves did:plc. http:// or https://.
  std::string plc_url{"https://plc.directory"};

  // -- identity -----------------------------------------------------------------------------------

  /// Whether DID documents and handles are looked up. If not, lookups stay queued in the database,
  /// and deletions of accounts are accepted without confirmation.
  bool identity_lookups{true};

  /// Concurrent lookups of handles and deletions. 1 to 1,000.
  std::uint64_t identity_concurrency{64};

  /// Time limit of each request of a lookup. 100 ms to 1 min.
  std::chrono::milliseconds identity_timeout{5'000};

  /// Concurrent requests to one host, and requests per second (in bursts of up to twice as many).
  /// 1 to 1,000. They do not apply to the PLC directory.
  std::uint64_t identity_host_concurrency{4};
  std::uint64_t identity_host_rate{10};

  /// Name servers as ADDRESS[:PORT],...; empty for those of the system.
  std::string dns_servers;

  /// Development only: a server that resolves all handles instead of their domains; empty is off.
  std::string handle_resolver_url;

  /// Development only: whether DID documents and handles may point to private addresses and to
  /// plain http.
  bool allow_private_addresses{false};

  /// Whether the records of a deleted account are purged only after its PDS has confirmed the
  /// deletion; if not, they are purged at once.
  bool verify_deletions{true};

  // -- database -----------------------------------------------------------------------------------

  /// postgresql:// URL or libpq key=value pairs; empty for a private PostgreSQL in `data_dir`.
  std::string database_url;

  /// Directory of the private PostgreSQL. Created if it does not exist.
  std::string data_dir{"./var"};

  /// Maximum number of database sessions, opened on demand. 1 to 1,000.
  std::uint64_t db_pool_size{40};

  /// Time limit of a statement, enforced by the server. 100 ms to 1 h.
  std::chrono::milliseconds statement_timeout{30'000};

  /// Time limit of a whole transaction; one that takes longer is cancelled and rolled back. 100 ms
  /// to 1 h.
  std::chrono::milliseconds transaction_timeout{10'000};

  // -- pool and upkeep ----------------------------------------------------------------------------

  /// Jobs that may wait for a session; further ones are rejected and retried. 1 to 1,000,000.
  std::uint64_t db_max_waiting{1'024};

  /// Maximum time a job waits for a session. 10 ms to 1 h.
  std::chrono::milliseconds db_acquire_timeout{30'000};

  /// Age at which an idle session is replaced, shortened at random by up to a tenth; 0 is never. Up
  /// to 1 year.
  std::chrono::seconds db_session_max_age{1'800};

  /// A job that holds a session for longer is logged, once; 0 is never. Up to 1 h.
  std::chrono::milliseconds db_leak_threshold{30'000};

  /// Pool utilization, in percent, that is logged as a warning, and as critical. 1 to 100.
  std::uint64_t db_pool_warning_percent{80};
  std::uint64_t db_pool_critical_percent{95};

  /// Time that past versions of records are kept for late events (docs/ORDER.md); 0 is without
  /// limit. Up to 1 year.
  std::chrono::seconds history_keep{172'800};

  /// Intervals of the janitor's jobs: deletion of expired sessions, expired OAuth states and
  /// expired parked operations; pruning of the history together with the audits. 1 s to 7 days.
  std::chrono::seconds session_sweep_interval{3'600};
  std::chrono::seconds oauth_sweep_interval{21'600};
  std::chrono::seconds pending_sweep_interval{60};
  std::chrono::seconds audit_interval{600};

  // -- operation ----------------------------------------------------------------------------------

  /// ADDRESS:PORT of /metrics, /healthz, /readyz, /status and the page for people at /; port 0 is
  /// any free port; empty is off.
  std::string metrics_listen{"127.0.0.1:9464"};

  /// Whether `/` of that address is a page for people, with its data at /status.
  bool status_page{true};

  /// What operators call this node; empty is the host's name. Up to 100 bytes.
  std::string node_name;

  /// ADDRESS:PORT of the tunnel for prismctl on other machines (docs/TUNNEL.md); port 0 is any
  /// free port; empty is off. Needs the three files.
  std::string tunnel_listen;

  /// PEM files: this node's certificate and key, and the authority that signs those of operators.
  std::string tunnel_certificate;
  std::string tunnel_key;
  std::string tunnel_authority;

  /// PEM file of revoked certificates; read again when it changes; empty for none.
  std::string tunnel_revoked;

  /// The name that the certificates were made for (`prismctl tls init`): who names another one is
  /// refused; empty is the name in the certificate of the authority. Up to 100 bytes.
  std::string cluster_name;

  /// ADDRESS:PORT where other nodes of the cluster link with this one (docs/CLUSTER.md), with the
  /// certificate files of the tunnel; port 0 is any free port; empty: no links, so that this node
  /// is a whole cluster or waits to take over, but shares no work.
  std::string cluster_listen;

  /// HOST:PORT at which other nodes reach `cluster_listen`; the node's certificate must name HOST.
  /// Empty is `cluster_listen` itself.
  std::string cluster_address;

  /// How long a lease or a membership lasts without renewal: the time after which another node
  /// takes over from one that has died. The same on all nodes. 1 s to 10 min.
  std::chrono::milliseconds cluster_ttl{10'000};

  // -- data plane ---------------------------------------------------------------------------------

  /// ADDRESS:PORT at which the official AppView asks (gRPC, docs/DATAPLANE.md); port 0 is any free
  /// port; empty is off. An address that is not loopback needs the certificate, or
  /// `dataplane_clear_text`.
  std::string dataplane_listen;

  /// PEM files of the certificate and key; empty: clear text.
  std::string dataplane_certificate;
  std::string dataplane_key;

  /// Whether other machines may ask in clear text: everybody who reaches the port can read all.
  bool dataplane_clear_text{false};

  /// The database that is read, such as a replica; empty is `database_url`.
  std::string dataplane_database_url;

  /// Readers, each with a thread and a database session of its own. 0 to 256; 0 is
  /// `default_readers` of this machine (core/reader_count.hpp).
  std::uint64_t dataplane_readers{0};

  /// Calls that may wait for a reader; further ones are refused as unavailable. 1 to 100,000.
  std::uint64_t dataplane_max_waiting{512};

  /// Time limit of one call, waiting included. 10 ms to 1 min.
  std::chrono::milliseconds dataplane_timeout{5'000};

  config::log_level log_level{config::log_level::info};

  config::log_format log_format{config::log_format::text};

  /// Time limit of the orderly stop; the next start resumes with what is not committed by then. 0
  /// to 10 min.
  std::chrono::milliseconds drain_timeout{20'000};

  /// Exit with 0 after no frame has arrived for this long and all are committed; 0 is never. For
  /// demos and tests. Up to 1 h.
  std::chrono::milliseconds until_caught_up{0};

  /// Testing only: the crash point at which the process kills itself (core/crash_point.hpp); empty
  /// is none.
  std::string crash_point;

  /// Testing only: holds the shards' lanes back at random, by this seed; 0 is never.
  std::uint64_t lane_shuffle_seed{0};

  /// Testing only: number of actors killed at random per minute. 0 to 600.
  std::uint64_t chaos_kill_per_minute{0};

  friend bool operator==(const options&, const options&) = default;
};

} // namespace prism::config
