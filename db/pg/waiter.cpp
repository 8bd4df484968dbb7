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
    const auto now = connection::clock::now();
    if (now >= until_) {
      if (cancelled_)
        return false;
      on_deadline();
      continue;
    }
    const auto slice = state_.options.gives_up ? watched_slice : poll_slice;
    const auto ended = wait_once(events, until_ - now < slice ? until_ : now + slice);
    if (ended == wait_end::ready)
      return true;
    stopped_ = ended == wait_end::stop;
    if (!cancelled_ && (stopped_ || given_up()))
      on_deadline();
    if (stopped_)
      return false;
  }
}

wait_end waiter::wait_once(short events, connection::clock::time_point until) const {
  const int socket = PQsocket(state_.raw.get());
  if (state_.wait_for)
    return state_.wait_for(socket, events, until);
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - connection::clock::now());
  pollfd entry{socket, events, 0};
  const int ready = ::poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
  // libpq's next read reports an error of poll().
  return ready > 0 || (ready < 0 && errno != EINTR) ? wait_end::ready : wait_end::not_yet;
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
  if (state_.wait_for) {
    state_.cancel = begin_cancel(state_.raw.get());
    return;
  }
  if (auto sent = request_cancel(state_.raw.get(), grace); !sent)
    if (const auto left_out = cancel_lines.allow(sent.error().sqlstate, connection::clock::now()))
      log::database().warn("[DB] {}{}", sent.error().message, log::left_out_note(*left_out));
}

} // namespace prism::db
