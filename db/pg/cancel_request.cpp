#include "db/pg/cancel_request.hpp"

#include <array>
#include <future>
#include <libpq-fe.h>
#include <memory>
#include <system_error>
#include <thread>

namespace prism::db {
namespace {

outcome<void> send(PGcancel* target) {
  std::array<char, 256> reason{};
  if (PQcancel(target, reason.data(), static_cast<int>(reason.size())) == 0)
    return db_fail(sqlstate::connection_failure,
                   fmt::format("cannot send the cancel request: {}", reason.data()));
  return {};
}

} // namespace

std::shared_future<outcome<void>> begin_cancel(pg_conn* raw) {
  const std::shared_ptr<PGcancel> target(PQgetCancel(raw),
                                         [](PGcancel* used) { PQfreeCancel(used); });
  const auto failed = [](outcome<void> why) {
    std::promise<outcome<void>> done;
    done.set_value(std::move(why));
    return done.get_future().share();
  };
  if (!target)
    return failed(db_fail(sqlstate::connection_closed, "not connected, no statement to cancel"));
  // PQcancel() waits without limit for a server that accepts the connection and does not answer.
  // Each lost connection leaves at most one such thread, which ends with its socket.
  std::packaged_task<outcome<void>()> task([target] { return send(target.get()); });
  auto done = task.get_future().share();
  try {
    std::thread(std::move(task)).detach();
  } catch (const std::system_error& e) {
    return failed(
        db_fail(sqlstate::connection_failure,
                fmt::format("cannot start a thread for the cancel request: {}", e.what())));
  }
  return done;
}

outcome<void> request_cancel(pg_conn* raw, std::chrono::milliseconds limit) {
  const auto done = begin_cancel(raw);
  if (done.wait_for(limit) != std::future_status::ready)
    return db_fail(
        sqlstate::connection_failure,
        fmt::format("the server did not accept the cancel request within {} ms", limit.count()));
  return done.get();
}

} // namespace prism::db
