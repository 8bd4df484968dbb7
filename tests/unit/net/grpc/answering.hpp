#pragma once

#include "net/grpc/grpc_server.hpp"

#include <charconv>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace prism::net::test {

/// A server with the methods /t/Echo (answers what it got), /t/Size (so many bytes, in decimal),
/// /t/Fail (invalid_argument with the message as text) and /t/Hold (answered when asked to).
class answering {
  template <class Read>
  auto with(Read read) const {
    const std::lock_guard lock(mutex_);
    return read();
  }

public:
  answering() = default;
  answering(const answering&) = delete;
  answering& operator=(const answering&) = delete;
  ~answering() {
    if (it)
      it->stop(); // its calls use `it`, which is null while it is destroyed
  }

  [[nodiscard]] expected<void> start(grpc_server_options options) {
    auto started = grpc_server::start(std::move(options),
                                      {.on_call = [this](grpc_call call) { take(std::move(call)); },
                                       .on_cancel = [this](std::uint64_t id) { cancel(id); }});
    if (!started)
      return tl::unexpected(started.error());
    it = std::move(*started);
    it->serve();
    return {};
  }

  /// Answers all held calls with their own message.
  void release() {
    std::map<std::uint64_t, grpc_call> calls;
    {
      const std::lock_guard lock(mutex_);
      calls.swap(held_);
    }
    for (auto& [id, call] : calls)
      it->answer(id, {.message = std::move(call.message)});
  }

  [[nodiscard]] std::size_t held() const {
    return with([&] { return held_.size(); });
  }
  /// Ids for which `on_cancel` was called, each as often as it was.
  [[nodiscard]] std::vector<std::uint64_t> cancelled() const {
    return with([&] { return cancelled_; });
  }
  [[nodiscard]] std::uint64_t calls() const {
    return with([&] { return calls_; });
  }
  [[nodiscard]] std::optional<time_point> last_deadline() const {
    return with([&] { return last_deadline_; });
  }

  std::unique_ptr<grpc_server> it;

private:
  void take(grpc_call call) {
    with([&] {
      ++calls_;
      last_deadline_ = call.deadline;
      return 0;
    });
    if (call.path == "/t/Echo") {
      it->answer(call.id, {.message = std::move(call.message)});
    } else if (call.path == "/t/Size") {
      std::size_t size = 0;
      std::from_chars(call.message.data(), call.message.data() + call.message.size(), size);
      it->answer(call.id, {.message = std::string(size, 'x')});
    } else if (call.path == "/t/Fail") {
      it->answer(call.id, {.status = grpc_status::invalid_argument, .text = call.message});
    } else if (call.path == "/t/Hold") {
      with([&] { return held_.emplace(call.id, std::move(call)).second; });
    } else {
      it->answer(call.id, {.status = grpc_status::unimplemented, .text = "no such method"});
    }
  }

  void cancel(std::uint64_t id) {
    with([&] {
      cancelled_.push_back(id);
      return held_.erase(id);
    });
  }

  mutable std::mutex mutex_;
  std::map<std::uint64_t, grpc_call> held_;
  std::vector<std::uint64_t> cancelled_;
  std::uint64_t calls_{0};
  std::optional<time_point> last_deadline_;
};

} // namespace prism::net::test
