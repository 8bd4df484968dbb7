#include "db/pg/transaction.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <spdlog/spdlog.h>
#include <thread>

namespace prism::db {
namespace {

using clock = connection::clock;
using std::chrono::milliseconds;

const statement begin_read_committed{"begin", R"sql(begin isolation level read committed)sql"};
const statement begin_repeatable{"begin_repeatable",
                                 R"sql(begin isolation level repeatable read)sql"};
const statement begin_serializable{"begin_serializable",
                                   R"sql(begin isolation level serializable)sql"};
const statement commit_statement{"commit", R"sql(commit)sql"};
const statement set_local{"set_local", R"sql(
  select set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true),
    set_config('idle_in_transaction_session_timeout', $3, true),
    set_config('synchronous_commit', $4, true)
)sql"};

/// How much longer the server waits than this process: it acts alone only if this process is
/// stopped or cut off.
constexpr milliseconds server_margin{1'000};

const statement& begin_of(isolation level) {
  switch (level) {
  case isolation::repeatable_read:
    return begin_repeatable;
  case isolation::serializable:
    return begin_serializable;
  case isolation::read_committed:
    break;
  }
  return begin_read_committed;
}

milliseconds time_left(const connection& on) {
  return std::max(milliseconds{0},
                  std::chrono::duration_cast<milliseconds>(on.deadline() - clock::now()));
}

std::string as_setting(milliseconds limit) {
  return fmt::format("{}ms", limit.count());
}

/// Sets a deadline on the connection and restores the previous one.
class deadline_scope {
public:
  deadline_scope(connection& on, clock::time_point when) : on_(on), before_(on.deadline()) {
    on_.set_deadline(when);
  }
  ~deadline_scope() { on_.set_deadline(before_); }
  deadline_scope(const deadline_scope&) = delete;
  deadline_scope& operator=(const deadline_scope&) = delete;

private:
  connection& on_;
  clock::time_point before_;
};

outcome<void> call(const std::function<outcome<void>(tx&)>& work, tx& inside) {
  try {
    return work(inside);
  } catch (const std::exception& thrown) {
    return db_fail(sqlstate::internal,
                   fmt::format("exception in a transaction: {}", thrown.what()));
  } catch (...) {
    inside.roll_back(); // not an error of the work: a caller's control flow
    throw;
  }
}

outcome<void> try_once(connection& on, const tx_options& options,
                       const std::function<outcome<void>(tx&)>& work) {
  if (!on.is_open())
    if (auto done = on.reconnect(time_left(on)); !done)
      return done;
  tx inside(on, options);
  auto done = call(work, inside);
  if (done)
    done = inside.commit();
  if (!done) {
    inside.roll_back();
    if (done.error().sqlstate == sqlstate::read_only)
      on.close(); // connected to a standby; a new connection may find the primary
  }
  return done;
}

} // namespace

outcome<std::vector<result>> tx::round_trip(std::span<const request> requests) {
  if (begun_ || requests.empty()) {
    auto results = on_.round_trip(requests);
    if (!results && !first_error_)
      first_error_ = results.error();
    return results;
  }
  begun_ = true;
  constexpr std::size_t own = 2;
  const params limits = settings();
  std::vector<request> all{{&begin_of(options_.level), nullptr, nullptr},
                           {&set_local, nullptr, &limits}};
  all.insert(all.end(), requests.begin(), requests.end());
  auto results = on_.round_trip(all);
  if (results)
    results->erase(results->begin(), results->begin() + own);
  else
    first_error_ = results.error();
  return results;
}

outcome<void> tx::exec_script(const std::string& sql) {
  if (auto begun = begin(); !begun)
    return begun;
  auto done = on_.exec_script(sql);
  if (done && !on_.in_transaction())
    done = db_fail("2D000", "the SQL text ended the transaction it was run in");
  if (!done && !first_error_)
    first_error_ = done.error();
  return done;
}

outcome<void> tx::begin() {
  if (begun_)
    return {};
  begun_ = true;
  const params limits = settings();
  const std::array<request, 2> own{request{&begin_of(options_.level), nullptr, nullptr},
                                   request{&set_local, nullptr, &limits}};
  auto results = on_.round_trip(own);
  if (results)
    return {};
  first_error_ = results.error();
  return tl::unexpected(std::move(results.error()));
}

params tx::settings() const {
  const auto left = time_left(on_) + server_margin;
  params values;
  values.text(as_setting(std::min(options_.statement_timeout, left)))
      .text(as_setting(options_.lock_timeout))
      .text(as_setting(left))
      .text(options_.synchronous_commit ? "on" : "off");
  return values;
}

outcome<void> tx::commit() {
  if (!begun_)
    return {};
  if (!on_.is_open())
    return tl::unexpected(first_error_.value_or(
        make_error(sqlstate::connection_failure, "the connection was lost before COMMIT")));
  auto done = on_.exec_prepared(commit_statement);
  if (!done) {
    auto failure = std::move(done.error());
    if (!on_.is_open()) {
      failure.cls = error_class::commit_unknown;
      failure.message = "connection lost at COMMIT: " + failure.message;
    }
    return tl::unexpected(std::move(failure));
  }
  // After an error that the work did not report, the server answers COMMIT with ROLLBACK.
  if (done->command_tag() != "COMMIT")
    return tl::unexpected(first_error_.value_or(
        make_error(sqlstate::failed_transaction, "the server rolled back instead of committing")));
  return {};
}

void tx::roll_back() {
  if (!on_.in_transaction())
    return;
  const deadline_scope scope(on_, clock::now() + options_.rollback_grace);
  // A cancel request that came too late for its statement may hit the first ROLLBACK.
  for (int tries = 0; tries < 2 && on_.in_transaction(); ++tries)
    if (auto done = on_.exec("rollback"); !done)
      spdlog::warn("[Transaction] ROLLBACK failed: {}", describe(done.error()));
  if (on_.in_transaction())
    on_.close();
}

outcome<void> transaction::run_steps(connection& on, const tx_options& options,
                                     const std::function<outcome<void>(tx&)>& work) {
  if (on.in_transaction())
    return db_fail("25001", "a transaction is already open on this connection");
  const deadline_scope scope(on, clock::now() + options.deadline);
  for (int retries = 0;; ++retries) {
    auto done = try_once(on, options, work);
    if (done)
      return done;
    const auto delay = options.retry.next_delay(done.error(), retries, time_left(on));
    if (!delay)
      return done;
    spdlog::warn("[Transaction] Retrying transaction (attempt {}/{}) due to: {}", retries + 1,
                 options.retry.max_retries, done.error().sqlstate);
    if (options.on_retry)
      options.on_retry(done.error());
    if (options.sleep)
      options.sleep(*delay);
    else
      std::this_thread::sleep_for(*delay);
  }
}

} // namespace prism::db
