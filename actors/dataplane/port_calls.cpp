// The way of a call through the data plane's port: from its arrival to its answer or refusal.
#include "actors/dataplane/dataplane_port.hpp"
#include "actors/dataplane/refresh_identity.hpp"
#include "core/printable.hpp"
#include "dataplane/methods/table.hpp"
#include "dataplane/request_text.hpp"
#include "log/log.hpp"

#include <algorithm>
#include <utility>

namespace prism {

namespace {

constexpr std::string_view service = "/bsky.Service/";

[[nodiscard]] net::grpc_answer to_grpc(dataplane::answer<std::string> result) {
  if (result)
    return {.message = std::move(*result)};
  return {.status = result.error().status, .text = std::move(result.error().text)};
}

} // namespace

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
  if (const auto left_out = may_log(line::no_method))
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
  auto bytes = requests_.take(call.message.size());
  if (!bytes) {
    figures_.count(method, {net::grpc_status::unavailable, /*ran=*/false}, now, call.message);
    return refuse(call.id, "overloaded", "the requests of all calls have too many bytes");
  }
  auto pending = std::make_shared<dataplane::pending_call>();
  pending->id = call.id;
  pending->what = &method;
  pending->request = std::move(call.message);
  pending->request_bytes = std::move(*bytes);
  pending->arrived = now;
  pending->deadline =
      std::min(now + node_->options.dataplane_timeout, call.deadline.value_or(time_point::max()));
  // A call does not overtake those that wait for a reader.
  if (!own_.is_idle() || queue_.readers() == 0 || queue_.waiting() > 0 ||
      pending->request.size() > max_own_request)
    return pass_on(pending, now);
  own_.reserve(pending, now + node_->options.dataplane_timeout + answer_grace);
  calls_.emplace(pending->id, pending);
  // Not from within the connection, which goes on reading meanwhile.
  server_->post([this, pending] { answer_here(pending); });
  note_queue();
  arm();
}

void dataplane_port::pass_on(const call_ptr& call, time_point now) {
  const auto decided = queue_.arrive(call->id, now);
  note_queue();
  using admission = reader_queue::admission;
  if (decided.what == admission::no_reader || decided.what == admission::overloaded) {
    count(*call, net::grpc_status::unavailable, /*ran=*/false);
    calls_.erase(call->id);
    return decided.what == admission::no_reader
               ? refuse(call->id, "no_reader", "no reader has a database session")
               : refuse(call->id, "overloaded", "too many calls wait for a reader");
  }
  calls_.emplace(call->id, call);
  if (decided.what == admission::run)
    give({call->id, decided.reader});
  arm();
}

void dataplane_port::answer_here(const call_ptr& call) {
  auto done = own_.run();
  const bool lost = !own_.is_there();
  ask_for_session();
  note_queue();
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

void dataplane_port::give(reader_queue::assignment work) {
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
  const bool waited = queue_.cancel(id); // else its session goes on until it sees the sign
  count(*found->second, net::grpc_status::cancelled, /*ran=*/!waited);
  calls_.erase(found);
  note_queue();
}

void dataplane_port::answer(const call_ptr& call, dataplane::answer<std::string> result) {
  const auto status = result ? net::grpc_status::ok : result.error().status;
  if (status == net::grpc_status::internal)
    if (const auto left_out = may_log(call->what->name))
      log::dataplane().error("data plane: {} failed: {}{}", call->what->name, result.error().text,
                             log::left_out_note(*left_out));
  count(*call, status, /*ran=*/true);
  server_->answer(call->id, to_grpc(std::move(result)));
}

void dataplane_port::answer_without_reader(net::grpc_call& call, const dataplane::method& method) {
  const auto now = steady_clock::now();
  auto result = method.at_once(call.message);
  const auto status = result ? net::grpc_status::ok : result.error().status;
  figures_.count(method, {status, /*ran=*/true}, now, call.message);
  server_->answer(call.id, to_grpc(std::move(result)));
}

void dataplane_port::refuse(std::uint64_t id, std::string_view reason, const char* text) {
  node_->metrics.dataplane().refusals.of(reason).Increment();
  if (const auto left_out = may_log(reason))
    log::dataplane().warn("data plane: a call is refused: {}{}", text,
                          log::left_out_note(*left_out));
  server_->answer(id, {.status = net::grpc_status::unavailable, .text = text});
}

void dataplane_port::refuse_expired(time_point now) {
  auto overdue = queue_.expire(now);
  if (const auto own = own_.take_overdue(now))
    overdue.push_back({own->id, /*at_reader=*/true});
  for (const auto& each : overdue) {
    const auto found = calls_.find(each.call);
    if (found == calls_.end())
      continue;
    found->second->given_up = true;
    count(*found->second, net::grpc_status::unavailable, each.at_reader);
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
  const auto next = std::min(queue_.next_expiry().value_or(time_point::max()),
                             own_.until().value_or(time_point::max()));
  if (next >= armed_)
    return;
  armed_ = next;
  server_->run_at(armed_, [this] {
    armed_ = time_point::max();
    refuse_expired(steady_clock::now());
    note_queue();
    arm();
  });
}

} // namespace prism
