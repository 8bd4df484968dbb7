#include "actors/dataplane/reader.hpp"

#include "actors/dataplane/refresh_identity.hpp"
#include "log/log.hpp"

#include <algorithm>
#include <limits>

namespace prism {

namespace {

constexpr std::chrono::seconds look_interval{10};

/// To connect to one host.
constexpr std::chrono::milliseconds longest_connect{10'000};
constexpr std::chrono::milliseconds longest_connect_for_port{500};

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

} // namespace

reader_state::reader_state(self_pointer self, node_ptr node, dataplane_port_ptr port,
                           std::size_t number)
    : self_(self), node_(std::move(node)), port_(std::move(port)), number_(number),
      pause_(backoff_options{.min = std::chrono::milliseconds{100},
                             .max = std::chrono::milliseconds{5'000}}),
      pause_of_port_(backoff_options{.min = std::chrono::milliseconds{100},
                                     .max = std::chrono::milliseconds{30'000}}) {}

reader_state::~reader_state() {
  for (const auto& [id, call] : aside_)
    port_->finish_later(call, unavailable("the reader that answered this call ended"));
  if (joined_)
    port_->leave(*joined_);
}

reader_actor::behavior_type reader_state::make_behavior() {
  self_->send(self_, tick{});
  return {[this](const read_call& call) { answer(call); }, [this](const lend_session&) { lend(); },
          [this](const tick&) {
            if (!session_ || !session_->is_open())
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
  auto opened = reader_session::open(*node_, port_->ids(), longest_connect);
  if (!opened)
    return lose_session(opened.error().message);
  session_ = std::move(*opened);
  pause_.reset();
  joined_ = port_->join(self_, number_);
  if (number_ == 0)
    look_at_staleness();
}

void reader_state::lose_session(const std::string& why) {
  if (joined_)
    port_->leave(*joined_);
  joined_.reset();
  session_.reset();
  if (number_ == 0 && !node_->options.dataplane_database_url.empty())
    port_->show_staleness(std::numeric_limits<double>::quiet_NaN()); // nobody measures it
  last_error_ = why;
  port_->note_no_session(number_, why);
  self_->delayed_send(self_, pause_.next(0.5), tick{});
}

// Calls may wait for this reader meanwhile, so it does not try long, nor often.
void reader_state::lend() {
  const auto now = steady_clock::now();
  if (!joined_ || port_->has_session() || now < next_lend_)
    return; // the port asks again; there is one; or this message is on its way
  auto opened = reader_session::open(*node_, port_->ids(), longest_connect_for_port);
  if (opened) {
    pause_of_port_.reset();
    return port_->lend(std::move(*opened));
  }
  if (const auto left_out = lines_.allow("lend", now))
    log::dataplane().warn("data plane: the server's thread has no database session: {}; the "
                          "readers answer all calls, at twice the cost; trying again until it "
                          "has one{}",
                          opened.error().message, log::left_out_note(*left_out));
  const auto pause = pause_of_port_.next(0.5);
  next_lend_ = steady_clock::now() + pause;
  self_->delayed_send(self_, pause, lend_session{});
}

void reader_state::answer(const read_call& call) {
  if (!joined_)
    return; // the port has refused it
  auto done = run(*call.what);
  ++answered_;
  if (done.left_out > 0)
    port_->note_left_out(*call.what, done.left_out);
  if (!done.answer && done.wanted) {
    port_->set_aside(*joined_, call.what->id);
    wait_for_identity(call.what, std::move(*done.wanted));
  } else {
    port_->finish(*joined_, call.what, std::move(done.answer));
    if (done.wanted)
      refresh_identity(node_->actors, std::move(*done.wanted));
  }
  if (!session_->is_open())
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
  port_->finish_later(call, run(*call, found.what.get()).answer);
}

call_outcome reader_state::run(const dataplane::pending_call& call,
                               const db::known_identity* identity) {
  auto done = session_->run(call, identity);
  if (session_->is_open() || !session_->reopen(call))
    return done;
  if (number_ == 0)
    port_->renew_session();
  // Reading twice does no harm, so a session that had been lost before is no failure of this call;
  // that the method threw, which closes the session, is one.
  if (!done.answer && done.answer.error().status == net::grpc_status::unavailable)
    done = session_->run(call, identity);
  return done;
}

void reader_state::look_at_staleness() {
  const auto now = steady_clock::now();
  if (node_->options.dataplane_database_url.empty() || now < next_look_)
    return; // in the latter case another tick is under way
  next_look_ = now + look_interval - std::chrono::seconds{1};
  session_->connection().set_deadline(db::connection::default_deadline);
  if (const auto rows = session_->connection().exec_prepared(select_staleness)) {
    constexpr double ms = 1000.0;
    port_->show_staleness(static_cast<double>(rows->get_int8(0, 0)) / ms);
  }
  self_->delayed_send(self_, look_interval, tick{});
}

} // namespace prism
