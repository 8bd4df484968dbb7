#include "actors/dataplane/reader.hpp"

#include "db/reads/reader_plans.hpp"
#include "log/log.hpp"

#include <algorithm>

namespace prism {

namespace {

constexpr std::chrono::seconds look_interval{10};

/// Calls that one reader sets aside, and for how long at most.
constexpr std::size_t max_aside = 256;
constexpr std::chrono::milliseconds longest_wait{4'000};

[[nodiscard]] dataplane::answer<std::string> unavailable(std::string text) {
  return tl::unexpected(dataplane::failure{net::grpc_status::unavailable, std::move(text)});
}

// Not behind if everything is replayed that a receiver at work has received, however long ago that
// was.
const db::statement select_staleness{"dataplane_staleness", R"sql(
  SELECT
    CASE
      WHEN NOT pg_is_in_recovery() THEN 0
      WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()
        AND EXISTS (SELECT FROM pg_stat_wal_receiver WHERE pid IS NOT NULL) THEN 0
      ELSE coalesce(
        (extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000)::int8, 0
      )
    END::int8
)sql"};

[[nodiscard]] db::micros now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

} // namespace

reader_state::reader_state(self_pointer self, node_ptr node, dataplane_port_ptr port,
                           std::size_t number)
    : self_(self), node_(std::move(node)), port_(std::move(port)), number_(number),
      pause_(backoff_options{.min = std::chrono::milliseconds{100},
                             .max = std::chrono::milliseconds{5'000}}) {}

reader_state::~reader_state() {
  for (const auto& [id, call] : aside_)
    port_->finish_later(call, unavailable("the reader that answered this call ended"));
  if (joined_)
    port_->leave(*joined_);
}

reader_actor::behavior_type reader_state::make_behavior() {
  self_->send(self_, tick{});
  return {[this](const read_call& call) { answer(call); },
          [this](const tick&) {
            if (!connection_ || !connection_->is_open())
              connect();
            else if (number_ == 0)
              look_at_staleness();
          },
          [this](const stop_request&) { self_->quit(); },
          [this](const get_status&) { return status(); }};
}

actor_status reader_state::status() const {
  return {
      name,
      {{"connected", joined_.has_value()}, {"answered", answered_}, {"last_error", last_error_}}};
}

void reader_state::connect() {
  if (joined_)
    port_->leave(*joined_);
  joined_.reset();
  db::connect_options options;
  const auto& from = node_->options;
  options.conninfo =
      from.dataplane_database_url.empty() ? node_->conninfo : from.dataplane_database_url;
  options.application_name = "prismd reader";
  if (from.dataplane_database_url.empty())
    options.known_server = node_->server;
  options.default_timeout = from.dataplane_timeout;
  options.cancel_grace = std::chrono::milliseconds{1'000};
  options.gives_up = [this](const db::server_wait&) {
    return at_work_ != nullptr && at_work_->given_up.load(std::memory_order_relaxed);
  };
  auto opened = db::connection::open(std::move(options));
  if (!opened) {
    lose_session(opened.error().message);
    return;
  }
  connection_.emplace(std::move(*opened));
  if (auto ready = prepare_session(); !ready) {
    lose_session(ready.error().message);
    return;
  }
  pause_.reset();
  joined_ = port_->join(self_, number_);
  if (number_ == 0)
    look_at_staleness();
}

db::outcome<void> reader_state::prepare_session() {
  if (const auto set = connection_->exec_prepared(reads::reader_plans); !set)
    return tl::unexpected(set.error());
  auto ids = port_->ids().join(*connection_);
  if (!ids)
    return tl::unexpected(ids.error());
  session_.emplace(*connection_, std::move(*ids));
  return {};
}

void reader_state::lose_session(const std::string& why) {
  if (joined_)
    port_->leave(*joined_);
  joined_.reset();
  session_.reset();
  connection_.reset();
  last_error_ = why;
  port_->note_no_session(number_, why);
  self_->delayed_send(self_, pause_.next(0.5), tick{});
}

void reader_state::answer(const read_call& call) {
  if (!joined_)
    return; // the port has refused it
  dataplane::call with{.on = *session_, .now = now_us()};
  auto result = run(with, *call.what);
  ++answered_;
  if (with.left_out > 0)
    port_->note_left_out(*call.what, with.left_out);
  const bool lost = !connection_->is_open();
  if (!result && with.wanted) {
    port_->set_aside(*joined_);
    wait_for_identity(call.what, std::move(*with.wanted));
  } else {
    port_->finish(*joined_, call.what, std::move(result));
    if (with.wanted)
      refresh(std::move(*with.wanted));
  }
  if (lost)
    lose_session("the connection was lost");
}

void reader_state::wait_for_identity(const call_ptr& call, db::wanted_identity wanted) {
  const auto identity = node_->actors.find(names::identity);
  if (!identity)
    return port_->finish_later(call, unavailable("identity is not running"));
  if (aside_.size() >= max_aside)
    return port_->finish_later(call, unavailable("too many calls wait for identities"));
  aside_.emplace(call->id, call);
  const auto limit = std::clamp(
      std::chrono::duration_cast<std::chrono::milliseconds>(call->deadline - steady_clock::now()),
      std::chrono::milliseconds{1}, longest_wait);
  self_
      ->request(identity, limit,
                resolve_identity{std::make_shared<const db::wanted_identity>(std::move(wanted))})
      .then([this, call](const identity_resolved& found) { on_identity(call, found); },
            [this, call](const caf::error& problem) {
              on_identity(call, {nullptr, describe(self_->system(), problem)});
            });
}

void reader_state::on_identity(const call_ptr& call, const identity_resolved& found) {
  aside_.erase(call->id);
  if (!found.what)
    return port_->finish_later(call, unavailable("the identity is not known: " + found.why));
  if (!session_)
    return port_->finish_later(call, unavailable("the reader has no database session"));
  dataplane::call with{.on = *session_, .now = now_us(), .identity = found.what.get()};
  port_->finish_later(call, run(with, *call));
}

void reader_state::refresh(db::wanted_identity wanted) {
  if (const auto identity = node_->actors.find(names::identity))
    caf::anon_send(identity,
                   resolve_identity{std::make_shared<const db::wanted_identity>(std::move(wanted)),
                                    /*waits=*/false});
}

dataplane::answer<std::string> reader_state::run(dataplane::call& with,
                                                 const dataplane::pending_call& call) {
  at_work_ = &call;
  connection_->set_deadline(call.deadline);
  auto result = call.what->run(with, call.request);
  // Reading twice does no harm, so a session that had been lost before is no failure of this call.
  if (!result && !connection_->is_open() &&
      connection_->reconnect(std::chrono::milliseconds{500})) {
    if (prepare_session())
      result = call.what->run(with, call.request);
    else
      connection_->close(); // no call may meet this server with the ids of another
  }
  at_work_ = nullptr;
  return result;
}

void reader_state::look_at_staleness() {
  const auto now = steady_clock::now();
  if (node_->options.dataplane_database_url.empty() || now < next_look_)
    return; // in the latter case another tick is under way
  next_look_ = now + look_interval - std::chrono::seconds{1};
  connection_->set_deadline(db::connection::default_deadline);
  if (const auto rows = connection_->exec_prepared(select_staleness)) {
    constexpr double ms = 1000.0;
    port_->show_staleness(static_cast<double>(rows->get_int8(0, 0)) / ms);
  }
  self_->delayed_send(self_, look_interval, tick{});
}

} // namespace prism
