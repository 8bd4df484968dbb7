#include "metrics/declared_bundles.hpp"

#include "metrics/labels.hpp"

namespace prism::metrics {

database_metrics declare_database(declarer& d) {
  return {
      .errors = d.counters("db_errors_total", "Failed database operations, by class of the error.",
                           "class", labels::error_classes),
      .retries = d.counters("transaction_retries_total", "Transactions retried, by SQLSTATE.",
                            "sqlstate", labels::retried_states),
      .failed_attempts = d.counters(
          "db_failed_attempts_total",
          "Attempts of transactions that failed, those that were retried included, by SQLSTATE.",
          "sqlstate", labels::failure_states),
      .begun_again = d.counter("db_begun_again_total",
                               "Times the node dropped what it remembered and began again, since "
                               "the database was another one, or had gone back."),
      .unreplicated = d.counter(
          "db_unreplicated_commits_total",
          "Commits whose wait for a synchronous standby ended without the standby's answer."),
      .max_connections = d.gauge("db_pool_max", "Maximum number of database sessions."),
      .connections = d.gauge("db_pool_connections", "Open database sessions."),
      .active = d.gauge("db_pool_active", "Database sessions in use."),
      .idle = d.gauge("db_pool_idle", "Database sessions that are open and idle."),
      .waiting = d.gauge("db_pool_pending", "Jobs waiting for a database session."),
      .utilization = d.gauge("db_pool_utilization_ratio",
                             "Database sessions in use, as a share of the maximum."),
      .utilization_average = d.gauge("db_pool_utilization_average_ratio",
                                     "Database sessions in use, as a share of the maximum, "
                                     "averaged over the pool monitor's samples."),
      .exhaustions = d.counter(
          "db_pool_exhaustion_events_total",
          "Times the pool was seen to become exhausted: jobs waiting and no session idle."),
      .acquire = d.histogram("db_pool_acquire_seconds", "Time a job waited for a database session.",
                             second_buckets),
      .usage = d.histogram("db_pool_usage_seconds", "Time a database session was checked out.",
                           second_buckets),
      .creation = d.histogram("db_pool_creation_seconds", "Time to open a database connection.",
                              second_buckets),
      .timeouts = d.counter("db_pool_timeouts_total",
                            "Jobs that timed out waiting for a database session."),
      .rejected = d.counter("db_pool_rejected_total",
                            "Jobs rejected because too many were waiting for a database session."),
      .leaks = d.counter("db_pool_leaks_total",
                         "Database sessions checked out for longer than the leak threshold."),
      .connect_failures = d.counter("db_pool_connect_failures_total",
                                    "Database connections that could not be opened."),
      .replaced = d.counters("db_pool_replaced_total", "Database sessions replaced, by reason.",
                             "reason", labels::session_ends),
  };
}

identity_metrics declare_identity(declarer& d) {
  return {
      .tasks = d.counters("identity_tasks_total", "Lookups of handles and deletions, by result.",
                          "result", labels::identity_results),
      .taken = d.counter("identity_handles_taken_total",
                         "Users whose handle was confirmed for another user."),
      .queued =
          d.gauge("identity_tasks_queued", "Lookups queued in the database, counted up to 10000."),
      .untried = d.gauge("identity_tasks_untried",
                         "Queued lookups that have never been tried, counted up to 10000."),
      .in_flight = d.gauge("identity_in_flight", "Lookups in flight."),
      .seconds = d.histogram("identity_lookup_seconds",
                             "Time of a lookup, all its requests included.", second_buckets),
      .requests = d.counters("identity_requests_total", "HTTP requests of lookups, by result.",
                             "result", labels::request_results),
      .timeouts = d.counter("identity_request_timeouts_total",
                            "HTTP requests of lookups that failed because they timed out."),
      .demands = d.counters("identity_demands_total",
                            "Identities that calls of the data plane lacked, by result.", "result",
                            labels::demand_results),
      .demands_waiting =
          d.gauge("identity_demands_waiting", "Calls of the data plane that wait for an identity."),
      .demands_in_flight =
          d.gauge("identity_demands_in_flight", "Lookups in flight for calls of the data plane."),
      .left_out = d.counter("identity_left_out_total",
                            "Keys, services and handles of DID documents left out, since the "
                            "document has too many."),
      .not_stored = d.counter("identity_documents_not_stored_total",
                              "DID documents that were looked up and not stored, since too many "
                              "wait for the database."),
      .hosts = d.gauge("identity_hosts", "Hosts whose limits are in memory."),
      .open_circuits = d.gauge("identity_open_circuits",
                               "Hosts to which no requests are sent, because recent ones failed."),
  };
}

} // namespace prism::metrics
