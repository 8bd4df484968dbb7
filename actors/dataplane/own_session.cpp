#include "actors/dataplane/own_session.hpp"

#include <utility>

namespace prism {

namespace {

[[nodiscard]] db::wait_end to_db(net::grpc_server::wait_end end) noexcept {
  switch (end) {
  case net::grpc_server::wait_end::ready:
    return db::wait_end::ready;
  case net::grpc_server::wait_end::not_yet:
    return db::wait_end::not_yet;
  case net::grpc_server::wait_end::stopped:
    break;
  }
  return db::wait_end::stop;
}

} // namespace

void own_session::take(std::unique_ptr<reader_session> session, net::grpc_server& server) {
  if (session_)
    return;
  session_ = std::move(session);
  server_ = &server;
  closes_ = false;
  session_->connection().wait_by([&server](int socket, short events, time_point until) {
    return to_db(server.wait(socket, events, until));
  });
}

void own_session::reserve(call_ptr call, time_point until) {
  call_ = std::move(call);
  until_ = until;
}

call_outcome own_session::run() {
  auto done = session_->run(*call_);
  call_.reset();
  until_.reset();
  if (closes_ || !session_->is_open())
    close();
  return done;
}

void own_session::close() {
  closes_ = true;
  if (call_ || !session_)
    return;
  session_.reset();
  server_->forget_socket();
}

own_session::call_ptr own_session::take_overdue(time_point now) {
  if (!until_ || *until_ > now)
    return {};
  until_.reset();
  return call_;
}

} // namespace prism
