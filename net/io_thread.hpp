#pragma once

#include "core/error.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <string_view>
#include <system_error>
#include <thread>

namespace prism::net {

/// An Asio context and the thread that runs it. Internal to net/: includes Asio.
class io_thread {
public:
  io_thread() = default;
  io_thread(const io_thread&) = delete;
  io_thread& operator=(const io_thread&) = delete;
  ~io_thread() { finish(); }

  [[nodiscard]] boost::asio::io_context& context() noexcept { return context_; }

  /// Error: `errc::io` naming the purpose.
  [[nodiscard]] expected<void> start(std::string_view purpose) {
    try {
      thread_ = std::thread([this]() noexcept { context_.run(); });
    } catch (const std::system_error& e) {
      return fail(errc::io, "thread for {}: {}", purpose, e.what());
    }
    return {};
  }

  /// Waits until all work is done; the owner must have cancelled it. Not callable on the thread
  /// itself.
  void finish() {
    work_.reset();
    if (thread_.joinable())
      thread_.join();
  }

private:
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      context_.get_executor()};
  std::thread thread_;
};

} // namespace prism::net
