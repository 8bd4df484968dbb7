#include "db/pg/transaction.hpp"

#include "log/line_limit.hpp"
#include "log/log.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <thread>

namespace prism::db {
namespace {

using clock = connection::clock;
using std::chrono::milliseconds;

const statement begin_statement{"begin", R"sql(BEGIN ISOLATION LEVEL READ COMMITTED)sql"};
const statement commit_statement{"commit", R"sql(COMMIT)sql"};
// The last column is for `check_server`: behind a pooler each transaction may meet another server.
const statement set_local{"set_local", compose_sql(R"sql(
  SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true),
    set_config('idle_in_transaction_session_timeout', $3, true),
    set_config('synchronous_commit', 'on', true), {server_start}
)sql",
                                                   {{"server_start", server_start_sql}})};
constexpr int server_start_column = 4;

/// How much longer than this process the server waits: it acts on its own only if this process is
/// stopped or cut off.
constexpr milliseconds server_margin{1'000};

milliseconds time_left(const connection& conn) {
  return std::max(milliseconds{0},
                  std::chrono::duration_cast<milliseconds>(conn.deadline() - clock::now()));
}

std::string as_setting(milliseconds limit) {
  return fmt::format("{}ms", limit.count());
}

/// Sets the connection's deadline, and restores the old one at the end of the scope.
class deadline_scope {
public:
  deadline_scope(connection& conn, clock::time_point when) : conn_(conn), before_(conn.deadline()) {
    conn_.set_deadline(when);
  }
  ~deadline_scope() { conn_.set_deadline(before_); }
  deadline_scope(const deadline_scope&) = delete;
  deadline_scope& operator=(const deadline_scope&) = delete;

private:
  connection& conn_;
  clock::time_point before_;
};

outcome<void> call(const std::function<outcome<void>(tx&)>& work, tx& inside) {
  try {
    return work(inside);
  } catch (const std::exception& thrown) {
    return db_fail(sqlstate::internal,
                   fmt::format("exception in a transaction: {}", thrown.what()));
  } catch (...) {
    inside.roll_back(); // not an error, but control flow of a caller
    throw;
  }
}

outcome<void> attempt(connection& conn, const tx_options& options,
                      const std::function<outcome<void>(tx&)>& work) {
  if (!conn.is_open())
    if (auto done = conn.reconnect(time_left(conn)); !done)
      return done;
  tx inside(conn, options);
  auto done = call(work, inside);
  if (done)
    done = inside.commit();
  if (!done) {
    inside.roll_back();
    if (done.error().sqlstate == sqlstate::read_only)
      conn.close(); // it leads to a standby; a new connection may lead to the primary
  }
  return done;
}

// Of all sessions together: a database that is away, or others' locks, concern them all.
log::line_limit<std::string> retry_lines{std::chrono::seconds{10}, 16};
log::line_limit<std::string> rollback_lines{std::chrono::seconds{10}, 16};

void note_retry(const db_error& why, int attempt, int most) {
  if (const auto left_out = retry_lines.allow(why.sqlstate, clock::now()))
    log::database().warn("[Transaction] Retrying transaction (attempt {}/{}) due to: {}{}", attempt,
                         most, why.sqlstate, log::left_out_note(*left_out));
}

void note_failed_rollback(const db_error& why) {
  if (const auto left_out = rollback_lines.allow(why.sqlstate, clock::now()))
    log::database().warn("[Transaction] ROLLBACK failed: {}{}", describe(why),
                         log::left_out_note(*left_out));
}

} // namespace

outcome<std::vector<result>> tx::round_trip(std::span<const request> requests) {
  if (begun_ || requests.empty()) {
    auto results = conn_.round_trip(requests);
    if (!results && !first_error_)
      first_error_ = results.error();
    return results;
  }
  begun_ = true;
  constexpr std::size_t own = 2;
  const params limits = settings();
  std::vector<request> all{{&begin_statement, nullptr, nullptr}, {&set_local, nullptr, &limits}};
  all.insert(all.end(), requests.begin(), requests.end());
  auto results = conn_.round_trip(all);
  if (!results) {
    first_error_ = results.error();
    return results;
  }
  if (auto same = check_server((*results)[1]); !same)
    return tl::unexpected(std::move(same.error()));
  results->erase(results->begin(), results->begin() + own);
  return results;
}

outcome<void> tx::exec_script(const std::string& sql) {
  if (auto begun = begin(); !begun)
    return begun;
  auto done = conn_.exec_script(sql);
  if (done && !conn_.in_transaction())
    done = db_fail("2D000", "the SQL text ended its own transaction");
  if (!done && !first_error_)
    first_error_ = done.error();
  return done;
}

outcome<void> tx::begin() {
  if (begun_)
    return {};
  begun_ = true;
  const params limits = settings();
  const std::array<request, 2> own{request{&begin_statement, nullptr, nullptr},
                                   request{&set_local, nullptr, &limits}};
  auto results = conn_.round_trip(own);
  if (results)
    return check_server((*results)[1]);
  first_error_ = results.error();
  return tl::unexpected(std::move(results.error()));
}

outcome<void> tx::check_server(const result& settings) {
  const auto found = settings.get_text(0, server_start_column);
  if (options_.server_start.empty() || found == options_.server_start)
    return {};
  first_error_ = another_server(fmt::format("found {} instead of {}", found, options_.server_start),
                                set_local.name);
  return tl::unexpected(*first_error_);
}

params tx::settings() const {
  const auto left = time_left(conn_) + server_margin;
  params values;
  values.text(as_setting(std::min(options_.statement_timeout, left)))
      .text(as_setting(options_.lock_timeout))
      .text(as_setting(left));
  return values;
}

outcome<void> tx::commit() {
  if (!begun_)
    return {};
  if (!conn_.is_open())
    return tl::unexpected(first_error_.value_or(
        make_error(sqlstate::connection_failure, "the connection was lost before COMMIT")));
  auto done = conn_.exec_prepared(commit_statement);
  if (!done) {
    auto failure = std::move(done.error());
    if (!conn_.is_open()) {
      failure.cls = error_class::commit_unknown;
      failure.message = "connection lost at COMMIT: " + failure.message;
    }
    return tl::unexpected(std::move(failure));
  }
  // If the work ignored an error of a statement, the server answers COMMIT with ROLLBACK.
  if (done->command_tag() != "COMMIT")
    return tl::unexpected(first_error_.value_or(
        make_error(sqlstate::failed_transaction, "the server rolled back instead of committing")));
  return {};
}

void tx::roll_back() {
  if (!conn_.in_transaction())
    return;
  const deadline_scope scope(conn_, clock::now() + options_.rollback_grace);
  // A cancel request that arrives after its statement may cancel the first ROLLBACK.
  for (int attempts = 0; attempts < 2 && conn_.in_transaction(); ++attempts)
    if (auto done = conn_.exec("rollback"); !done)
      note_failed_rollback(done.error());
  if (conn_.in_transaction())
    conn_.close();
}

outcome<void> transaction::run_attempts(connection& conn, const tx_options& options,
                                        const std::function<outcome<void>(tx&)>& work) {
  if (conn.in_transaction())
    return db_fail("25001", "a transaction is already open on this connection");
  const deadline_scope scope(conn, clock::now() + options.deadline);
  for (int retries = 0;; ++retries) {
    auto done = attempt(conn, options, work);
    if (done)
      return done;
    const auto delay = options.retry.next_delay(done.error(), retries, time_left(conn));
    if (!delay)
      return done;
    note_retry(done.error(), retries + 1, options.retry.max_retries);
    if (options.on_retry)
      options.on_retry(done.error());
    if (options.sleep)
      options.sleep(*delay);
    else
      std::this_thread::sleep_for(*delay);
  }
}

} // namespace prism::db
