#include "db/pg/connection.hpp"

#include "db/pg/connection_state.hpp"
#include "db/pg/exchange.hpp"

#include <utility>

namespace prism::db {

connection::connection(std::unique_ptr<connection_state> state) : state_(std::move(state)) {}
connection::~connection() {
  close();
}
connection::connection(connection&&) noexcept = default;
connection& connection::operator=(connection&& other) noexcept {
  if (this != &other) {
    close();
    state_ = std::move(other.state_);
  }
  return *this;
}

outcome<connection> connection::open(connect_options options) {
  auto state = std::make_unique<connection_state>();
  state->named_statements = options.prepared_statements;
  state->options = std::move(options);
  connection opened(std::move(state));
  if (auto done = opened.reconnect(); !done)
    return tl::unexpected(std::move(done.error()));
  return opened;
}

outcome<void> connection::reconnect(std::chrono::milliseconds limit) {
  const auto keywords = connection_keywords(state_->options);
  if (!keywords)
    return tl::unexpected(keywords.error());
  const auto until = limit == std::chrono::milliseconds::max() ? no_deadline : clock::now() + limit;
  outcome<void> done = db_fail(sqlstate::cannot_connect, "no time left to connect", "connect");
  bool is_first = true;
  for (const auto& host : split_hosts(*keywords)) {
    const auto left = until == no_deadline
                          ? limit
                          : std::chrono::ceil<std::chrono::milliseconds>(until - clock::now());
    if (left.count() <= 0)
      return done;
    state_->drop();
    auto raw = connect(*state_, host, left);
    if (!raw) {
      // What may pass at one host outweighs what does not at another.
      if (is_first || raw.error().sqlstate != sqlstate::client_configuration)
        done = tl::unexpected(std::move(raw.error()));
      is_first = false;
      continue;
    }
    state_->raw = std::move(*raw);
    done = refuse_left_behind();
    if (done)
      return done;
    state_->drop();
  }
  return done;
}

outcome<void> connection::refuse_left_behind() {
  const auto& known = state_->options.known_server;
  if (known.system.empty())
    return {};
  const auto found = read_server_identity(*this);
  if (!found)
    return tl::unexpected(found.error());
  if (!is_left_behind(*found, known))
    return {};
  return tl::unexpected(db_error{
      error_class::transient, std::string{sqlstate::cannot_connect},
      fmt::format("{} port {} is on timeline {}, behind timeline {}: another server was promoted, "
                  "and this one must not be written to; stop it or make it a standby",
                  PQhost(state_->raw.get()), PQport(state_->raw.get()), found->timeline,
                  known.timeline),
      "connect"});
}

void connection::close() noexcept {
  if (state_)
    state_->drop();
}

outcome<std::vector<result>> connection::round_trip(std::span<const request> requests) {
  const bool in_own_transaction = !in_transaction();
  exchange first_try(*state_, requests);
  auto done = first_try.run();
  if (done || !first_try.can_retry_unnamed() || !in_own_transaction || in_transaction())
    return done;
  return exchange(*state_, requests).run();
}

outcome<void> connection::exec_script(const std::string& sql) {
  return run_script(*state_, sql);
}

bool connection::is_open() const noexcept {
  return state_->raw != nullptr;
}

bool connection::in_transaction() const noexcept {
  if (!state_->raw)
    return false;
  const auto status = PQtransactionStatus(state_->raw.get());
  return status == PQTRANS_INTRANS || status == PQTRANS_INERROR || status == PQTRANS_ACTIVE;
}

connection::clock::time_point connection::deadline() const noexcept {
  return state_->deadline;
}

void connection::set_deadline(clock::time_point when) noexcept {
  state_->deadline = when;
}

void connection::wait_by(wait_for_socket how) noexcept {
  state_->wait_for = std::move(how);
}

bool connection::is_cancelling() const noexcept {
  return state_->is_cancelling();
}

int connection::backend_pid() const noexcept {
  return state_->raw ? PQbackendPID(state_->raw.get()) : 0;
}

bool connection::take_unreplicated() noexcept {
  return std::exchange(state_->unreplicated, false);
}

int connection::server_version() const noexcept {
  return state_->raw ? PQserverVersion(state_->raw.get()) : 0;
}

const connect_options& connection::options() const noexcept {
  return state_->options;
}

connection::clock::time_point connection_state::round_trip_deadline() const noexcept {
  if (deadline != connection::default_deadline)
    return deadline;
  return options.default_timeout.count() == 0 ? connection::no_deadline
                                              : connection::clock::now() + options.default_timeout;
}

void connection_state::drop() noexcept {
  prepared.clear();
  raw.reset();
}

bool connection_state::drop_if_lost() noexcept {
  if (raw && PQstatus(raw.get()) == CONNECTION_OK)
    return false;
  drop();
  return true;
}

bool connection_state::is_cancelling() const noexcept {
  return cancel.valid() && cancel.wait_for(std::chrono::seconds{0}) != std::future_status::ready;
}

outcome<void> connection_state::ready_to_send(std::string_view label) {
  if (is_cancelling())
    drop();
  cancel = {};
  if (!raw)
    return db_fail(sqlstate::connection_closed, "not connected", label);
  if (round_trip_deadline() <= connection::clock::now())
    return db_fail(sqlstate::query_canceled,
                   "the deadline had passed before the statement was sent", label);
  if (options.gives_up && options.gives_up({PQbackendPID(raw.get()), label, {}}))
    return db_fail(sqlstate::query_canceled, "given up before the statement was sent", label);
  return {};
}

} // namespace prism::db
