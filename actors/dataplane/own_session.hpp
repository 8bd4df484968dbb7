#pragma once

#include "actors/dataplane/reader_session.hpp"
#include "net/grpc/grpc_server.hpp"

#include <memory>
#include <optional>

namespace prism {

/// The port's own session, by which one call at a time is answered on the server's thread. That
/// costs half of what it costs to hand the call to a reader's thread and its answer back. The
/// server does its other work while the database works. The server's thread only.
class own_session {
public:
  using call_ptr = std::shared_ptr<const dataplane::pending_call>;

  /// Takes a session that has just been opened.
  /// @param server whose thread this is; outlives the session's last call
  void take(std::unique_ptr<reader_session> session, net::grpc_server& server);

  [[nodiscard]] bool is_there() const noexcept { return session_ != nullptr; }
  /// Whether a call could begin.
  [[nodiscard]] bool is_idle() const noexcept {
    return is_there() && !call_ && !session_->connection().is_cancelling();
  }
  [[nodiscard]] bool is_at_work() const noexcept { return call_ != nullptr; }

  /// Keeps the session for this call until `run` has run it.
  /// @param until when it is overdue
  void reserve(call_ptr call, time_point until);

  /// Runs the reserved call. If the method throws, the session is closed.
  [[nodiscard]] call_outcome run();

  /// Closes the session, but not before its call has ended.
  void close();

  /// The call whose time is over, once; null: there is none.
  [[nodiscard]] call_ptr take_overdue(time_point now);
  /// When the call is overdue; empty: there is none, or it was taken.
  [[nodiscard]] std::optional<time_point> until() const noexcept { return until_; }

private:
  std::unique_ptr<reader_session> session_;
  net::grpc_server* server_{nullptr};
  call_ptr call_;
  std::optional<time_point> until_;
  bool closes_{false}; // when its call has ended
};

} // namespace prism
