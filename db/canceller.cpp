#include "db/canceller.hpp"

#include <array>
#include <libpq-fe.h>
#include <mutex>

namespace prism::db {

struct canceller::state {
  std::mutex mutex;
  std::shared_ptr<PGcancel> target;
};

canceller::canceller() : state_(std::make_shared<state>()) {}

outcome<void> canceller::cancel() const {
  std::shared_ptr<PGcancel> target;
  {
    const std::lock_guard lock(state_->mutex);
    target = state_->target;
  }
  if (!target)
    return {};
  std::array<char, 256> reason{};
  if (PQcancel(target.get(), reason.data(), static_cast<int>(reason.size())) == 0)
    return db_fail(sqlstate::connection_failure,
                   fmt::format("cannot send the cancel request: {}", reason.data()));
  return {};
}

void canceller::retarget(pg_conn* raw) const {
  std::shared_ptr<PGcancel> target;
  if (raw != nullptr)
    target.reset(PQgetCancel(raw), [](PGcancel* old) { PQfreeCancel(old); });
  const std::lock_guard lock(state_->mutex);
  state_->target = std::move(target);
}

} // namespace prism::db
