#include "db/pg/canceller.hpp"

#include <array>
#include <future>
#include <libpq-fe.h>
#include <mutex>
#include <system_error>
#include <thread>

namespace prism::db {

struct canceller::state {
  std::mutex mutex;
  std::shared_ptr<PGcancel> target;
};

canceller::canceller() : state_(std::make_shared<state>()) {}

namespace {

outcome<void> send(PGcancel* target) {
  std::array<char, 256> reason{};
  if (PQcancel(target, reason.data(), static_cast<int>(reason.size())) == 0)
    return db_fail(sqlstate::connection_failure,
                   fmt::format("cannot send the cancel request: {}", reason.data()));
  return {};
}

} // namespace

outcome<void> canceller::cancel(std::chrono::milliseconds limit) const {
  std::shared_ptr<PGcancel> target;
  {
    const std::lock_guard lock(state_->mutex);
    target = state_->target;
  }
  if (!target)
    return {};
  // PQcancel() waits without limit for a server that accepts and says nothing. There is at most one
  // such thread for each connection that was lost so, and the end of its socket ends it.
  std::packaged_task<outcome<void>()> task([target] { return send(target.get()); });
  auto done = task.get_future();
  try {
    std::thread(std::move(task)).detach();
  } catch (const std::system_error& e) {
    return db_fail(sqlstate::connection_failure,
                   fmt::format("no thread for the cancel request: {}", e.what()));
  }
  if (done.wait_for(limit) != std::future_status::ready)
    return db_fail(
        sqlstate::connection_failure,
        fmt::format("the server has not taken the cancel request in {} ms", limit.count()));
  return done.get();
}

void canceller::retarget(pg_conn* raw) const {
  std::shared_ptr<PGcancel> target;
  if (raw != nullptr)
    target.reset(PQgetCancel(raw), [](PGcancel* old) { PQfreeCancel(old); });
  const std::lock_guard lock(state_->mutex);
  state_->target = std::move(target);
}

} // namespace prism::db
