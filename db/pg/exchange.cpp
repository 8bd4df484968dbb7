#include "db/pg/exchange.hpp"

#include "core/hash.hpp"
#include "log/log.hpp"

#include <cstring>
#include <poll.h>

namespace prism::db {
namespace {

constexpr int binary_format = 1;

/// Bytes of values that are sent at once.
constexpr std::size_t flush_at = 16'384;

/// The parameters as the arrays that libpq takes. The pointers refer to the `params`.
struct bound_values {
  std::vector<Oid> types;
  std::vector<const char*> values;
  std::vector<int> lengths;
  std::vector<int> formats;

  explicit bound_values(const params* from) {
    if (from == nullptr)
      return;
    for (const auto& slot : from->slots()) {
      types.push_back(static_cast<Oid>(slot.type));
      values.push_back(slot.is_null ? nullptr : from->data() + slot.offset);
      lengths.push_back(slot.length);
      formats.push_back(binary_format);
    }
  }

  [[nodiscard]] int count() const noexcept { return static_cast<int>(types.size()); }
};

std::vector<pg_type> types_of(const params* values) {
  std::vector<pg_type> types;
  if (values != nullptr)
    for (const auto& slot : values->slots())
      types.push_back(slot.type);
  return types;
}

// Behind a pooler, another program may have prepared a different statement under the same name on
// the same server connection. The name therefore includes a hash of the text.
std::string server_name(const statement& prepared, const std::vector<pg_type>& types) {
  std::uint64_t hash = fnv1a(prepared.sql);
  for (const auto type : types)
    hash = fnv1a(hash, static_cast<std::uint64_t>(type));
  return fmt::format("{}_{:016x}", prepared.name, hash);
}

bool is_copy(ExecStatusType status) noexcept {
  return status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH;
}

db_error copy_rejected(const std::string& label) {
  return make_error("0A000", "COPY between client and server is not supported here", label);
}

} // namespace

db_error error_from(const PGresult* failed, const std::string& label) {
  const char* sqlstate = PQresultErrorField(failed, PG_DIAG_SQLSTATE);
  const char* primary = PQresultErrorField(failed, PG_DIAG_MESSAGE_PRIMARY);
  const char* detail = PQresultErrorField(failed, PG_DIAG_MESSAGE_DETAIL);
  std::string message = primary != nullptr ? primary : PQresultErrorMessage(failed);
  while (!message.empty() && message.back() == '\n')
    message.pop_back();
  if (detail != nullptr)
    message += fmt::format(" ({})", detail);
  return make_error(sqlstate != nullptr ? sqlstate : "", std::move(message), label);
}

outcome<std::vector<result>> exchange::run() {
  if (requests_.empty())
    return std::move(results_);
  if (auto ready = check(); !ready)
    return tl::unexpected(std::move(ready.error()));
  results_.reserve(requests_.size());
  PQenterPipelineMode(state_.raw.get());
  const bool complete = send_all() && read_all() && PQexitPipelineMode(state_.raw.get()) == 1;
  if (!complete && !gave_up_)
    read_closing_error();
  drop_unfinished_prepares();
  const std::string reason = PQerrorMessage(state_.raw.get());
  // Without the end of the pipeline, the next result could not be assigned to a statement.
  if (!complete)
    state_.drop();
  const bool lost = !complete || state_.drop_if_lost();
  if (failure_)
    return tl::unexpected(finish_error(std::move(*failure_), lost));
  if (gave_up_)
    return tl::unexpected(finish_error(
        make_error(sqlstate::connection_failure, why_given_up(), requests_.back().label()), true));
  if (lost)
    return tl::unexpected(finish_error(
        make_error(sqlstate::connection_failure, reason, requests_.back().label()), true));
  return std::move(results_);
}

outcome<void> exchange::check() const {
  for (const auto& request : requests_) {
    if (request.values != nullptr && request.values->status()) {
      auto rejected = *request.values->status();
      rejected.statement = request.label();
      return tl::unexpected(std::move(rejected));
    }
    if (request.prepared == nullptr)
      continue;
    const auto known = state_.prepared.find(request.prepared->name);
    if (known == state_.prepared.end())
      continue;
    if (std::strcmp(known->second.sql, request.prepared->sql) != 0)
      return db_fail("42710", "two statements of the program have the same name", request.label());
    if (known->second.types != types_of(request.values))
      return db_fail("42804", "used with parameter types other than those it was prepared with",
                     request.label());
  }
  return state_.ready_to_send(requests_.back().label());
}

// Small round trips are one message to the kernel. In a large one the server works on the first
// statements meanwhile, and its answers are taken, so that neither side waits for the other to
// read.
bool exchange::send_all() {
  std::size_t unsent = 0;
  for (std::size_t index = 0; index < requests_.size(); ++index) {
    if (!send(index))
      return false;
    const auto* values = requests_[index].values;
    unsent += values != nullptr ? values->bytes() : 0;
    if (unsent < flush_at)
      continue;
    if (!flush())
      return false;
    unsent = 0;
  }
  return PQpipelineSync(state_.raw.get()) == 1 && flush();
}

bool exchange::send(std::size_t index) {
  const auto& request = requests_[index];
  const bound_values bound(request.values);
  if (request.prepared == nullptr || !state_.named_statements) {
    const char* sql = request.prepared != nullptr ? request.prepared->sql : request.sql;
    sent_.push_back({statement_kind::execute, index, false});
    return PQsendQueryParams(state_.raw.get(), sql, bound.count(), bound.types.data(),
                             bound.values.data(), bound.lengths.data(), bound.formats.data(),
                             binary_format) == 1;
  }
  auto [known, is_new] = state_.prepared.try_emplace(request.prepared->name);
  if (is_new && !send_prepare(index, known->second))
    return false;
  sent_.push_back({statement_kind::execute, index, false});
  return PQsendQueryPrepared(state_.raw.get(), known->second.server_name.c_str(), bound.count(),
                             bound.values.data(), bound.lengths.data(), bound.formats.data(),
                             binary_format) == 1;
}

bool exchange::send_prepare(std::size_t index, connection_state::prepared_entry& entry) {
  const auto& request = requests_[index];
  entry.sql = request.prepared->sql;
  entry.types = types_of(request.values);
  entry.server_name = server_name(*request.prepared, entry.types);
  const bound_values bound(request.values);
  sent_.push_back({statement_kind::prepare, index, false});
  return PQsendPrepare(state_.raw.get(), entry.server_name.c_str(), entry.sql, bound.count(),
                       bound.types.data()) == 1;
}

bool exchange::flush() {
  for (;;) {
    const int left = PQflush(state_.raw.get());
    if (left <= 0)
      return left == 0 && read_ready();
    if (!waiter_.wait(POLLIN | POLLOUT)) {
      gave_up_ = true;
      return false;
    }
    if (PQconsumeInput(state_.raw.get()) == 0 || !read_ready())
      return false;
  }
}

// Takes the results that have arrived. It stops after the last statement: the result of the sync is
// for read_all().
bool exchange::read_ready() {
  while (current_ < sent_.size() && PQisBusy(state_.raw.get()) == 0) {
    PGresult* raw = PQgetResult(state_.raw.get());
    if (raw == nullptr)
      ++current_;
    else
      take(raw);
    if (PQstatus(state_.raw.get()) == CONNECTION_BAD)
      return false;
  }
  return true;
}

bool exchange::read_all() {
  while (!synced_) {
    while (PQisBusy(state_.raw.get()) != 0) {
      if (!waiter_.wait(POLLIN)) {
        gave_up_ = true;
        return false;
      }
      if (PQconsumeInput(state_.raw.get()) == 0)
        break; // PQgetResult() returns the reason
    }
    PGresult* raw = PQgetResult(state_.raw.get());
    if (raw != nullptr)
      take(raw);
    else
      ++current_;
    if (PQstatus(state_.raw.get()) == CONNECTION_BAD)
      return false;
  }
  return PQgetResult(state_.raw.get()) == nullptr;
}

// A server that ends the session sends the reason before it closes. On a lost connection
// PQgetResult() does not block.
void exchange::read_closing_error() {
  while (PQstatus(state_.raw.get()) == CONNECTION_BAD) {
    PGresult* raw = PQgetResult(state_.raw.get());
    if (raw == nullptr)
      break;
    take(raw);
  }
}

void exchange::take(PGresult* raw) {
  result taken(raw);
  const auto status = PQresultStatus(raw);
  if (status == PGRES_PIPELINE_SYNC) {
    synced_ = true;
    return;
  }
  if (status == PGRES_PIPELINE_ABORTED || current_ >= sent_.size())
    return;
  auto& sent = sent_[current_];
  const auto label = [&] { return requests_[sent.request].label(); };
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY) {
    sent.done = true;
    if (sent.kind == statement_kind::execute)
      results_.push_back(std::move(taken));
  } else if (!failure_) {
    failure_ = is_copy(status) ? copy_rejected(label()) : error_from(raw, label());
  }
}

// A statement whose preparation was skipped or has failed must be prepared again next time.
void exchange::drop_unfinished_prepares() {
  for (const auto& sent : sent_)
    if (sent.kind == statement_kind::prepare && !sent.done)
      state_.prepared.erase(requests_[sent.request].prepared->name);
  pooler_detected_ = state_.named_statements && failure_ &&
                     (failure_->sqlstate == sqlstate::no_such_prepared ||
                      failure_->sqlstate == sqlstate::duplicate_prepared);
  if (pooler_detected_) {
    log::database().info(
        "[DB] prepared statements do not persist on this connection (a pooler in transaction "
        "mode?); continuing without them: {}",
        describe(*failure_));
    state_.named_statements = false;
    state_.prepared.clear();
  }
}

std::string exchange::why_given_up() const {
  const auto waited = waiter_.elapsed().count();
  if (waiter_.stopped())
    return fmt::format("stopped after {} ms without an answer from the server", waited);
  return fmt::format("no answer from the server for {} ms, not even to a cancel request", waited);
}

db_error exchange::finish_error(db_error failure, bool lost) const {
  while (!failure.message.empty() && failure.message.back() == '\n')
    failure.message.pop_back();
  if (lost) {
    failure.cls = classify(failure.sqlstate, true);
    if (failure.sqlstate.empty())
      failure.sqlstate = sqlstate::connection_failure;
  }
  if (waiter_.cancelled() && failure.sqlstate == sqlstate::query_canceled)
    failure.message =
        fmt::format("cancelled at its deadline after {} ms", waiter_.elapsed().count());
  return failure;
}

outcome<void> run_script(connection_state& state, const std::string& sql) {
  const request whole{nullptr, sql.c_str(), nullptr};
  const std::string label = whole.label();
  if (sql.find('\0') != std::string::npos)
    return db_fail("42601", "SQL text contains a NUL byte", label);
  if (auto ready = state.ready_to_send(label); !ready)
    return ready;
  waiter waiting(state, std::span(&whole, 1));
  std::optional<db_error> failure;
  bool gave_up = PQsendQuery(state.raw.get(), sql.c_str()) == 0;
  while (!gave_up && PQstatus(state.raw.get()) == CONNECTION_OK) {
    const int unsent = PQflush(state.raw.get());
    if (unsent > 0 || PQisBusy(state.raw.get()) != 0) {
      gave_up = !waiting.wait(static_cast<short>(unsent > 0 ? POLLIN | POLLOUT : POLLIN));
      if (!gave_up && PQconsumeInput(state.raw.get()) == 1)
        continue;
    }
    if (gave_up)
      break;
    PGresult* raw = PQgetResult(state.raw.get());
    if (raw == nullptr)
      break;
    const result taken(raw);
    const auto status = PQresultStatus(raw);
    if (is_copy(status)) {
      state.drop();
      return tl::unexpected(copy_rejected(label));
    }
    if (status == PGRES_FATAL_ERROR && !failure)
      failure = error_from(raw, label);
  }
  const std::string reason = PQerrorMessage(state.raw.get());
  if (gave_up)
    state.drop();
  const bool lost = state.drop_if_lost();
  if (!failure && !lost)
    return {};
  if (!failure)
    failure = make_error(sqlstate::connection_failure, reason, label);
  if (lost)
    failure->cls = classify(failure->sqlstate, true);
  if (failure->sqlstate.empty())
    failure->sqlstate = sqlstate::connection_failure;
  return tl::unexpected(std::move(*failure));
}

} // namespace prism::db
