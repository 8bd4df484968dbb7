#pragma once

#include "actors/dataplane/missing_sessions.hpp"
#include "actors/dataplane/own_session.hpp"
#include "actors/dataplane/port_figures.hpp"
#include "actors/runtime/node_context.hpp"
#include "core/byte_budget.hpp"
#include "core/reader_queue.hpp"
#include "dataplane/pending_call.hpp"
#include "db/reads/server_ids.hpp"
#include "log/line_limit.hpp"
#include "net/grpc/grpc_server.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace prism {

/// The port that the official AppView calls: the gRPC server of `dataplane-listen`, and the queue
/// of calls for the readers. It lives as long as the node, whatever happens to the actors.
/// All that follows a call happens on the server's thread; the functions here are for any thread.
class dataplane_port {
public:
  using reader_id = reader_queue::reader_id;

  /// Requests of more bytes, some 200 uris, are the readers': reading them and writing their answer
  /// would keep the server's thread from other calls.
  static constexpr std::size_t max_own_request{16U << 10U};

  /// What a reader has beyond the time limit to say that a statement ran into it. It says nothing
  /// if the database does not even answer the request to cancel.
  static constexpr std::chrono::milliseconds answer_grace{250};

  /// Most bytes of the requests of calls that wait or are at work, also of those that were given up
  /// while a reader works on them. A call that needs more is refused.
  static constexpr std::size_t max_request_bytes{64U << 20U};

  explicit dataplane_port(node_ptr node);
  ~dataplane_port();
  dataplane_port(const dataplane_port&) = delete;
  dataplane_port& operator=(const dataplane_port&) = delete;

  /// Listens, if `dataplane-listen` is set. Error: `errc::invalid` with a sentence for the
  /// operator.
  [[nodiscard]] expected<void> start();

  /// Takes no more calls, and waits for those that are open, `limit` at most.
  void drain(std::chrono::milliseconds limit);
  void stop();

  /// 0: it does not listen.
  [[nodiscard]] std::uint16_t port() const noexcept;

  /// A reader has a database session and can work.
  /// @param number of the reader, from 0. @returns its id here, for the other calls
  [[nodiscard]] reader_id join(reader_actor reader, std::size_t number);
  /// A reader has no database session, and tries again; for the log.
  void note_no_session(std::size_t number, std::string why);
  /// Records are missing in the answer to a call, because it would be too large.
  void note_left_out(const dataplane::pending_call& call, std::size_t records);
  /// The reader has finished its call.
  void finish(reader_id reader, std::shared_ptr<const dataplane::pending_call> call,
              dataplane::answer<std::string> result);
  /// The reader takes other calls, and answers this one later by `finish_later`, whatever happens.
  void set_aside(reader_id reader, std::uint64_t call);
  void finish_later(std::shared_ptr<const dataplane::pending_call> call,
                    dataplane::answer<std::string> result);
  /// The reader has no session any more, or ends.
  void leave(reader_id reader);

  /// Whether the port has a session of its own. While it has none, it asks the first reader for one
  /// by `lend_session`.
  [[nodiscard]] bool has_session() const noexcept { return has_session_; }
  /// @param session that has just been opened; the port closes it if it has one
  void lend(std::unique_ptr<reader_session> session);
  /// The first reader has connected again, perhaps to another server. The port closes its session,
  /// which may be on the one that was left, and asks for another one.
  void renew_session();

  /// The ids that the readers share.
  [[nodiscard]] reads::server_ids& ids() noexcept { return ids_; }

  /// How far the database that is read is behind, in seconds; NaN: it is not known.
  void show_staleness(double seconds);

private:
  using call_ptr = std::shared_ptr<const dataplane::pending_call>;

  // A client, or a database that is away, can cause these lines.
  enum class line : std::uint8_t { no_method, left_out_records, no_session, no_sessions };
  /// What lines are limited by. Text is the reason of a refusal, or the name of a method that
  /// fails; it lives as long as the program.
  using line_key = std::variant<line, std::string_view>;

  // -- calls (port_calls.cpp), on the server's thread ------------------------------------------
  void on_call(net::grpc_call call);
  void on_cancel(std::uint64_t id);
  void admit(net::grpc_call call, const dataplane::method& method);
  /// Has a reader answer the call, now or later.
  void pass_on(const call_ptr& call, time_point now);
  /// Answers the call for which the port's own session is reserved.
  void answer_here(const call_ptr& call);
  void give(reader_queue::assignment work);
  void answer(const call_ptr& call, dataplane::answer<std::string> result);
  void answer_without_reader(net::grpc_call& call, const dataplane::method& method);
  /// There is no such method.
  void refuse_unknown(const net::grpc_call& call);
  void refuse(std::uint64_t id, std::string_view reason, const char* text);
  void refuse_expired(time_point now);
  /// Has `refuse_expired` run when the first of the open calls expires.
  void arm();
  /// The call has ended. @param ran whether it was at a session
  void count(const dataplane::pending_call& call, net::grpc_status status, bool ran) {
    figures_.count(*call.what, {status, ran}, call.arrived, call.request);
  }

  // -- readers (port_readers.cpp), on the server's thread --------------------------------------
  /// Gives the reader that has done with this call its next one.
  void free(reader_id reader, std::uint64_t call);
  void answer_if_open(const call_ptr& call, dataplane::answer<std::string> result);
  /// Has the first reader open a session for the port, if it has none.
  void ask_for_session();
  void close_session();
  /// Publishes whether the port has a session.
  void note_own_session();
  void log_sessions(missing_sessions::news what, const std::string& why);

  // -- both, on the server's thread ------------------------------------------------------------
  /// Publishes what the queue has.
  void note_queue();
  /// See `log::line_limit::allow`.
  [[nodiscard]] std::optional<std::uint64_t> may_log(line_key about) {
    return lines_.allow(about, steady_clock::now());
  }

  // -- what the port shows, on any thread ------------------------------------------------------
  void show();
  [[nodiscard]] reads_now look() const;

  // Any thread. What is not thread-safe itself does not change after `start`.
  node_ptr node_;
  std::string address_;
  reads::server_ids ids_; // `own_` uses it
  std::atomic<bool> has_session_{false};
  std::atomic<reader_id> last_reader_{0};
  std::atomic<std::size_t> readers_now_{0};
  std::atomic<std::size_t> active_now_{0};
  std::atomic<std::size_t> waiting_now_{0};
  byte_budget requests_{max_request_bytes};

  // On the server's thread only, while it runs.
  reader_queue queue_;
  std::map<std::uint64_t, call_ptr> calls_; // waiting or at work
  std::map<reader_id, reader_actor> readers_;
  reader_id first_reader_{0}; // number 0; its id here
  log::line_limit<line_key> lines_{std::chrono::seconds{10}, 64};
  time_point armed_{time_point::max()}; // when `refuse_expired` runs next
  missing_sessions missing_;
  bool loss_logged_{false}; // so its end is logged, too
  own_session own_;

  std::shared_ptr<void> shown_;              // from `start` to `stop`
  port_figures figures_;                     // says itself on which thread
  std::unique_ptr<net::grpc_server> server_; // last: its thread uses all of these
};

using dataplane_port_ptr = std::shared_ptr<dataplane_port>;

} // namespace prism
