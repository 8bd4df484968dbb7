#pragma once

#include <chrono>
#include <functional>

namespace prism::db {

/// How a wait for a socket ended.
enum class wait_end {
  ready,   ///< one of the events is there
  not_yet, ///< the time is over
  stop,    ///< no more waiting: the connection is to be closed
};

/// Waits for a socket, for one of these events of poll(), not longer than until this time.
using wait_for_socket =
    std::function<wait_end(int socket, short events, std::chrono::steady_clock::time_point)>;

} // namespace prism::db
