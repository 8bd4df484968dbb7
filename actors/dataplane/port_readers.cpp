// What readers tell the data plane's port, and the session that one of them opens for it.
#include "actors/dataplane/dataplane_port.hpp"
#include "log/log.hpp"

#include <utility>

namespace prism {

dataplane_port::reader_id dataplane_port::join(reader_actor reader, std::size_t number) {
  const auto id = ++last_reader_;
  server_->post([this, id, number, reader = std::move(reader)] {
    log_sessions(missing_.found(number), {});
    readers_.emplace(id, reader);
    if (number == 0) {
      first_reader_ = id;
      ask_for_session();
    }
    if (const auto work = queue_.join(id))
      give(*work);
    note_queue();
  });
  return id;
}

void dataplane_port::leave(reader_id reader) {
  server_->post([this, reader] {
    readers_.erase(reader);
    if (reader == first_reader_)
      close_session(); // as the reader's, it may be on a server that was left
    for (const auto& each : queue_.leave(reader)) {
      const auto call = calls_.find(each.call);
      if (call == calls_.end())
        continue;                    // cancelled
      call->second->given_up = true; // the message may still wait for the reader
      count(*call->second, net::grpc_status::unavailable, each.at_reader);
      calls_.erase(call);
      refuse(each.call, "no_reader", "the database session that answered this call is gone");
    }
    note_queue();
  });
}

void dataplane_port::finish(reader_id reader, call_ptr call,
                            dataplane::answer<std::string> result) {
  auto shared = std::make_shared<dataplane::answer<std::string>>(std::move(result));
  server_->post([this, reader, call = std::move(call), shared] {
    free(reader, call->id);
    answer_if_open(call, std::move(*shared));
  });
}

void dataplane_port::finish_later(call_ptr call, dataplane::answer<std::string> result) {
  auto shared = std::make_shared<dataplane::answer<std::string>>(std::move(result));
  server_->post(
      [this, call = std::move(call), shared] { answer_if_open(call, std::move(*shared)); });
}

void dataplane_port::set_aside(reader_id reader, std::uint64_t call) {
  server_->post([this, reader, call] { free(reader, call); });
}

void dataplane_port::free(reader_id reader, std::uint64_t call) {
  refuse_expired(steady_clock::now());
  if (const auto work = queue_.finish(reader, call))
    give(*work);
  note_queue();
}

void dataplane_port::answer_if_open(const call_ptr& call, dataplane::answer<std::string> result) {
  if (calls_.erase(call->id) != 0) // else it was cancelled
    answer(call, std::move(result));
}

void dataplane_port::lend(std::unique_ptr<reader_session> session) {
  const auto lent = std::make_shared<std::unique_ptr<reader_session>>(std::move(session));
  server_->post([this, lent] {
    own_.take(std::move(*lent), *server_);
    note_own_session();
  });
}

void dataplane_port::renew_session() {
  server_->post([this] {
    close_session();
    ask_for_session();
  });
}

void dataplane_port::close_session() {
  own_.close();
  note_own_session();
}

void dataplane_port::ask_for_session() {
  note_own_session();
  if (has_session_)
    return;
  if (const auto opens = readers_.find(first_reader_); opens != readers_.end())
    caf::anon_send(opens->second, lend_session{});
}

void dataplane_port::note_own_session() {
  has_session_ = own_.is_there();
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
  const auto left_out = may_log(what == news::all ? line::no_sessions : line::no_session);
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
    if (const auto left_out = may_log(line::left_out_records))
      log::dataplane().warn("data plane: {}: {} of the largest records are missing in the answer, "
                            "because it would be too large; the client should ask for fewer{}",
                            name, records, log::left_out_note(*left_out));
  });
}

} // namespace prism
