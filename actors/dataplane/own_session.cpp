#include "actors/dataplane/own_session.hpp"

#include <utility>

namespace prism {

namespace {

[[nodiscard]] db::socket_wait to_socket_wait(net::grpc_server::wait_end end) noexcept {
  switch (end) {
  case net::grpc_server::wait_end::ready:
    return db::socket_wait::ready;
  case net::grpc_server::wait_end::not_yet:
    return db::socket_wait::not_yet;
  case net::grpc_server::wait_end::stopped:
    break;
  }
  return db::socket_wait::stop;
}

} // namespace

void own_session::take(std::unique_ptr<reader_session> session, net::grpc_server& server) {
  if (call_)
    return; // there is one already
  session_ = std::move(session);
  server_ = &server;
  session_->connection().wait_by([&server](int socket, short events, time_point until) {
    return to_socket_wait(server.wait(socket, events, until));
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
  return done;
}

bool own_session::drop_if_lost() {
  if (session_->is_open())
    return false;
  session_.reset();
  server_->forget_socket();
  return true;
}

own_session::call_ptr own_session::take_overdue(time_point now) {
  if (!until_ || *until_ > now)
    return {};
  until_.reset();
  return call_;
}

} // namespace prism
