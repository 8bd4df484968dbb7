#include "db/pg/waiter.hpp"

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <spdlog/spdlog.h>

namespace prism::db {
namespace {

/// Longest single poll(); only so that the remaining time always fits its int.
constexpr std::chrono::milliseconds poll_slice{60'000};

} // namespace

bool waiter::wait(short events) {
  for (;;) {
    auto slice = poll_slice;
    if (until_ != connection::no_deadline) {
      const auto now = connection::clock::now();
      if (now >= until_) {
        if (cancelled_)
          return false;
        deadline_passed();
        continue;
      }
      slice = std::min(slice, std::chrono::ceil<std::chrono::milliseconds>(until_ - now));
    }
    pollfd entry{PQsocket(on_.raw.get()), events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(slice.count()));
    if (ready > 0 || (ready < 0 && errno != EINTR))
      return true; // an error of poll() shows again in libpq's next read
  }
}

std::chrono::milliseconds waiter::elapsed() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(connection::clock::now() - started_);
}

void waiter::deadline_passed() {
  cancelled_ = true;
  const auto grace = on_.options.cancel_grace;
  until_ = connection::clock::now() + grace;
  if (auto sent = on_.cancel.cancel(grace); !sent)
    spdlog::warn("[DB] {}", sent.error().message);
}

} // namespace prism::db
