#include "db/pg/waiter.hpp"

#include "db/pg/cancel_request.hpp"
#include "log/line_limit.hpp"
#include "log/log.hpp"

#include <algorithm>
#include <cerrno>
#include <poll.h>

namespace prism::db {
namespace {

/// Longest single poll(), whose timeout is an int.
constexpr std::chrono::milliseconds poll_slice{60'000};
/// The same while somebody may give up.
constexpr std::chrono::milliseconds watched_slice{100};

// Of all sessions together.
log::line_limit<std::string> cancel_lines{std::chrono::seconds{10}, 16};

} // namespace

bool waiter::wait(short events) {
  for (;;) {
    auto slice = state_.options.gives_up ? watched_slice : poll_slice;
    if (until_ != connection::no_deadline) {
      const auto now = connection::clock::now();
      if (now >= until_) {
        if (cancelled_)
          return false;
        on_deadline();
        continue;
      }
      slice = std::min(slice, std::chrono::ceil<std::chrono::milliseconds>(until_ - now));
    }
    pollfd entry{PQsocket(state_.raw.get()), events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(slice.count()));
    if (ready > 0 || (ready < 0 && errno != EINTR))
      return true; // libpq's next read reports an error of poll()
    if (!cancelled_ && given_up())
      on_deadline();
  }
}

std::chrono::milliseconds waiter::elapsed() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(connection::clock::now() - started_);
}

bool waiter::given_up() const {
  const auto& gives_up = state_.options.gives_up;
  return gives_up &&
         gives_up({PQbackendPID(state_.raw.get()), requests_.back().label(), elapsed()});
}

void waiter::on_deadline() {
  cancelled_ = true;
  const auto grace = state_.options.cancel_grace;
  until_ = connection::clock::now() + grace;
  if (auto sent = request_cancel(state_.raw.get(), grace); !sent)
    if (const auto left_out = cancel_lines.allow(sent.error().sqlstate, connection::clock::now()))
      log::database().warn("[DB] {}{}", sent.error().message, log::left_out_note(*left_out));
}

} // namespace prism::db
