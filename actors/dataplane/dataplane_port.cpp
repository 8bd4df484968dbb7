#include "actors/dataplane/dataplane_port.hpp"

#include "actors/dataplane/port_options.hpp"
#include "actors/dataplane/refresh_identity.hpp"
#include "core/printable.hpp"
#include "dataplane/methods/table.hpp"
#include "dataplane/request_text.hpp"
#include "log/log.hpp"

#include <utility>

namespace prism {

namespace {

constexpr std::string_view service = "/bsky.Service/";

/// What a reader has beyond the time limit to say that a statement ran into it. It says nothing if
/// the database does not even answer the request to cancel.
constexpr std::chrono::milliseconds answer_grace{250};

[[nodiscard]] read_gate_options gate_options(const config::options& from) {
  return {.max_waiting = from.dataplane_max_waiting,
          .max_wait = std::max(from.dataplane_timeout / 2, std::chrono::milliseconds{1}),
          .max_time = from.dataplane_timeout + answer_grace};
}

[[nodiscard]] net::grpc_answer to_grpc(dataplane::answer<std::string> result) {
  if (result)
    return {.message = std::move(*result)};
  return {.status = result.error().status, .text = std::move(result.error().text)};
}

} // namespace

dataplane_port::dataplane_port(node_ptr node)
    : node_(std::move(node)), gate_(gate_options(node_->options)),
      missing_(node_->options.dataplane_readers), figures_(node_) {}

dataplane_port::~dataplane_port() {
  stop();
}

expected<void> dataplane_port::start() {
  if (node_->options.dataplane_listen.empty())
    return {};
  auto options = port_options(node_->options);
  if (!options)
    return tl::unexpected(options.error());
  auto started = net::grpc_server::start(
      *options, {.on_call = [this](net::grpc_call call) { on_call(std::move(call)); },
                 .on_cancel = [this](std::uint64_t id) { on_cancel(id); }});
  if (!started)
    return fail(errc::invalid, "dataplane-listen: {}", started.error().message);
  server_ = std::move(*started);
  options->listen.port = server_->port();
  address_ = net::to_string(options->listen) + (options->certificate_file.empty() ? "" : " by TLS");
  figures_.begin();
  shown_ = node_->metrics.before_scrape([this] { show(); });
  node_->reads.watch([this] { return look(); });
  note_gate(); // there is no reader yet
  server_->serve();
  log::dataplane().info("data plane: answering bsky.Service on {}", address_);
  return {};
}

void dataplane_port::drain(std::chrono::milliseconds limit) {
  if (server_ && !server_->drain(limit))
    log::dataplane().warn("data plane: calls were open after {} ms; their clients ask again",
                          limit.count());
}

void dataplane_port::stop() {
  shown_.reset();
  node_->reads.watch({});
  if (server_)
    server_->stop();
  readers_.clear(); // readers that end later no longer leave
}

std::uint16_t dataplane_port::port() const noexcept {
  return server_ ? server_->port() : std::uint16_t{0};
}

dataplane_port::reader_id dataplane_port::join(reader_actor reader, std::size_t number) {
  const auto id = ++last_reader_;
  server_->post([this, id, number, reader = std::move(reader)] {
    log_sessions(missing_.found(number), {});
    readers_.emplace(id, reader);
    if (number == 0) {
      first_reader_ = id;
      ask_for_session();
    }
    if (const auto work = gate_.join(id))
      give(*work);
    note_gate();
  });
  return id;
}

void dataplane_port::note_no_session(std::size_t number, std::string why) {
  server_->post([this, number, why = std::move(why)] { log_sessions(missing_.lost(number), why); });
}

void dataplane_port::log_sessions(missing_sessions::news what, const std::string& why) {
  using news = missing_sessions::news;
  const auto all = node_->options.dataplane_readers;
  if (what == news::over && std::exchange(loss_logged_, false))
    log::dataplane().info("data plane: all {} readers have database sessions again", all);
  if (what != news::first && what != news::all)
    return;
  const std::string kind = what == news::all ? "all sessions" : "a session";
  const auto left_out = lines_.allow(kind, steady_clock::now());
  if (!left_out)
    return;
  loss_logged_ = true;
  log::dataplane().warn("data plane: {} of {} readers have no database session: {}; they try again "
                        "until they have one{}",
                        missing_.count(), all, why, log::left_out_note(*left_out));
}

void dataplane_port::note_left_out(const dataplane::pending_call& call, std::size_t records) {
  node_->metrics.dataplane().left_out_records->Increment(static_cast<double>(records));
  server_->post([this, name = call.what->name, records] {
    if (const auto left_out = lines_.allow("left out", steady_clock::now()))
      log::dataplane().warn("data plane: {}: {} of the largest records are missing in the answer, "
                            "because it would be too large; the client should ask for fewer{}",
                            name, records, log::left_out_note(*left_out));
  });
}

void dataplane_port::finish(reader_id reader, call_ptr call,
                            dataplane::answer<std::string> result) {
  auto shared = std::make_shared<dataplane::answer<std::string>>(std::move(result));
  server_->post([this, reader, call = std::move(call), shared] {
    free(reader);
    answer_if_open(call, std::move(*shared));
  });
}

void dataplane_port::set_aside(reader_id reader) {
  server_->post([this, reader] { free(reader); });
}

void dataplane_port::finish_later(call_ptr call, dataplane::answer<std::string> result) {
  auto shared = std::make_shared<dataplane::answer<std::string>>(std::move(result));
  server_->post(
      [this, call = std::move(call), shared] { answer_if_open(call, std::move(*shared)); });
}

void dataplane_port::free(reader_id reader) {
  refuse_expired(steady_clock::now());
  if (const auto work = gate_.finish(reader))
    give(*work);
  note_gate();
}

void dataplane_port::answer_if_open(const call_ptr& call, dataplane::answer<std::string> result) {
  if (calls_.erase(call->id) != 0) // else it was cancelled
    answer(call, std::move(result));
}

void dataplane_port::leave(reader_id reader) {
  server_->post([this, reader] {
    readers_.erase(reader);
    if (reader == first_reader_) {
      own_.close(); // as the readers', it may be on a server that was left
      has_session_ = own_.is_there();
    }
    for (const auto id : gate_.leave(reader)) {
      const auto call = calls_.find(id);
      if (call == calls_.end())
        continue; // cancelled
      count(*call->second, net::grpc_status::unavailable);
      calls_.erase(call);
      refuse(id, "no_reader", "the database session that answered this call is gone");
    }
    note_gate();
  });
}

void dataplane_port::lend(std::unique_ptr<reader_session> session) {
  const auto lent = std::make_shared<std::unique_ptr<reader_session>>(std::move(session));
  server_->post([this, lent] {
    own_.take(std::move(*lent), *server_);
    has_session_ = own_.is_there();
  });
}

void dataplane_port::ask_for_session() {
  has_session_ = own_.is_there();
  if (has_session_)
    return;
  if (const auto opens = readers_.find(first_reader_); opens != readers_.end())
    caf::anon_send(opens->second, lend_session{});
}

void dataplane_port::note_gate() {
  const auto readers = gate_.readers();
  if (readers == 0)
    node_->status.set_problem("dataplane", "no reader has a database session");
  else if (readers_now_ == 0)
    node_->status.clear_problem("dataplane");
  readers_now_ = readers;
  active_now_ = gate_.active() + (own_.is_at_work() ? 1U : 0U);
  waiting_now_ = gate_.waiting();
}

void dataplane_port::show_staleness(double seconds) {
  node_->metrics.dataplane().staleness->Set(seconds);
}

void dataplane_port::on_call(net::grpc_call call) {
  const std::string_view path = call.path;
  const auto* method =
      path.starts_with(service) ? dataplane::find_method(path.substr(service.size())) : nullptr;
  if (method != nullptr && method->at_once != nullptr)
    return answer_without_reader(call, *method);
  if (method != nullptr)
    return admit(std::move(call), *method);
  refuse_unknown(call);
}

void dataplane_port::refuse_unknown(const net::grpc_call& call) {
  const std::string_view path = call.path;
  const auto shown = printable(path);
  if (const auto left_out = lines_.allow("unimplemented", steady_clock::now()))
    log::dataplane().warn("data plane: there is no method '{}'; the AppView may be newer than this "
                          "prismd{}",
                          shown, log::left_out_note(*left_out));
  figures_.count_unknown(dataplane::name_in_interface(path.substr(path.find_last_of('/') + 1)));
  server_->answer(call.id, {.status = net::grpc_status::unimplemented,
                            .text = fmt::format("there is no method '{}'", shown)});
}

void dataplane_port::admit(net::grpc_call call, const dataplane::method& method) {
  const auto now = steady_clock::now();
  refuse_expired(now);
  auto pending = std::make_shared<dataplane::pending_call>();
  pending->id = call.id;
  pending->what = &method;
  pending->request = std::move(call.message);
  pending->arrived = now;
  pending->deadline =
      std::min(now + node_->options.dataplane_timeout, call.deadline.value_or(time_point::max()));
  // A call does not overtake those that wait for a reader.
  if (!own_.is_idle() || gate_.readers() == 0 || gate_.waiting() > 0 ||
      pending->request.size() > max_own_request)
    return pass_on(pending, now);
  own_.reserve(pending, now + node_->options.dataplane_timeout + answer_grace);
  calls_.emplace(pending->id, pending);
  // Not from within the connection, which goes on reading meanwhile.
  server_->post([this, pending] { answer_here(pending); });
  note_gate();
  arm();
}

void dataplane_port::pass_on(const call_ptr& call, time_point now) {
  const auto decided = gate_.arrive(call->id, now);
  note_gate();
  using verdict = read_gate::verdict;
  if (decided.what == verdict::no_reader || decided.what == verdict::overloaded) {
    count(*call, net::grpc_status::unavailable);
    calls_.erase(call->id);
    return decided.what == verdict::no_reader
               ? refuse(call->id, "no_reader", "no reader has a database session")
               : refuse(call->id, "overloaded", "too many calls wait for a reader");
  }
  calls_.emplace(call->id, call);
  if (decided.what == verdict::run)
    give({call->id, decided.reader});
  arm();
}

void dataplane_port::answer_here(const call_ptr& call) {
  auto done = own_.run();
  const bool lost = !own_.is_there();
  ask_for_session();
  note_gate();
  if (!calls_.contains(call->id))
    return; // it was cancelled, or is overdue
  // What a call may need beside a session, the readers have. Its time goes on from its arrival.
  const bool failed = !done.answer && done.answer.error().status == net::grpc_status::unavailable;
  if (!done.answer && (done.wanted || (lost && failed)) && steady_clock::now() < call->deadline)
    return pass_on(call, call->arrived);
  if (done.left_out > 0)
    note_left_out(*call, done.left_out);
  if (done.wanted)
    refresh_identity(node_->actors, std::move(*done.wanted));
  answer_if_open(call, std::move(done.answer));
}

void dataplane_port::give(read_gate::assignment work) {
  const auto call = calls_.find(work.call);
  const auto reader = readers_.find(work.reader);
  if (call != calls_.end() && reader != readers_.end())
    caf::anon_send(reader->second, read_call{call->second});
}

void dataplane_port::on_cancel(std::uint64_t id) {
  const auto found = calls_.find(id);
  if (found == calls_.end())
    return;
  found->second->given_up = true;
  count(*found->second, net::grpc_status::cancelled);
  static_cast<void>(gate_.cancel(id)); // a reader goes on until it sees the sign
  calls_.erase(found);
}

void dataplane_port::answer(const call_ptr& call, dataplane::answer<std::string> result) {
  const auto status = result ? net::grpc_status::ok : result.error().status;
  if (status == net::grpc_status::internal)
    if (const auto left_out = lines_.allow(std::string{call->what->name}, steady_clock::now()))
      log::dataplane().error("data plane: {} failed: {}{}", call->what->name, result.error().text,
                             log::left_out_note(*left_out));
  count(*call, status);
  server_->answer(call->id, to_grpc(std::move(result)));
}

void dataplane_port::answer_without_reader(net::grpc_call& call, const dataplane::method& method) {
  const auto now = steady_clock::now();
  auto result = method.at_once(call.message);
  figures_.count(method, result ? net::grpc_status::ok : result.error().status, now, call.message);
  server_->answer(call.id, to_grpc(std::move(result)));
}

void dataplane_port::refuse(std::uint64_t id, std::string_view reason, const char* text) {
  node_->metrics.dataplane().refusals.of(reason).Increment();
  if (const auto left_out = lines_.allow(std::string{reason}, steady_clock::now()))
    log::dataplane().warn("data plane: a call is refused: {}{}", text,
                          log::left_out_note(*left_out));
  server_->answer(id, {.status = net::grpc_status::unavailable, .text = text});
}

void dataplane_port::refuse_expired(time_point now) {
  auto overdue = gate_.expire(now);
  if (const auto own = own_.take_overdue(now))
    overdue.push_back({own->id, /*at_reader=*/true});
  for (const auto& each : overdue) {
    const auto found = calls_.find(each.call);
    if (found == calls_.end())
      continue;
    found->second->given_up = true;
    count(*found->second, net::grpc_status::unavailable);
    calls_.erase(found);
    if (each.at_reader)
      refuse(each.call, "not_answered", "its reader has not answered in time");
    else
      refuse(each.call, "waited_too_long", "the call waited too long for a reader");
  }
}

// A call expires after those that came before it in the same way, so only its arrival can make the
// first expiry an earlier one.
void dataplane_port::arm() {
  const auto next = std::min(gate_.next_expiry().value_or(time_point::max()),
                             own_.until().value_or(time_point::max()));
  if (next >= armed_)
    return;
  armed_ = next;
  server_->run_at(armed_, [this] {
    armed_ = time_point::max();
    refuse_expired(steady_clock::now());
    note_gate();
    arm();
  });
}

reads_now dataplane_port::look() const {
  const auto stats = server_->stats();
  return {.address = address_,
          .readers = readers_now_,
          .active = active_now_,
          .waiting = waiting_now_,
          .connections = stats.open,
          .open_calls = stats.calls,
          .buffered_bytes = stats.buffered_bytes};
}

void dataplane_port::show() {
  const auto& out = node_->metrics.dataplane();
  out.readers->Set(static_cast<double>(readers_now_));
  out.own_session->Set(has_session_ ? 1 : 0);
  out.active->Set(static_cast<double>(active_now_));
  out.waiting->Set(static_cast<double>(waiting_now_));
  figures_.show(server_->stats(), *ids_.current());
}

} // namespace prism
