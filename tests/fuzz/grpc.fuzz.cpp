#include "net/grpc/grpc_connection.hpp"

#include "check.hpp"
#include "tests/unit/net/grpc/raw_http2.hpp"

#include <algorithm>
#include <map>
#include <string>

// What a stranger sends to the data plane's port, to the server's side of a connection without its
// socket. The first byte says in how many pieces it comes, and what happens between them.

using namespace prism;
using namespace prism::net;
using fuzz::check;

namespace {

grpc_server_options small_options() {
  grpc_server_options options;
  options.max_streams = 4; // small, so that the fuzzer gets there
  options.max_message_bytes = 20;
  options.max_connection_bytes = 3'000;
  options.max_header_bytes = 500;
  return options;
}

class victim {
public:
  victim()
      : connection_(
            options_, counters_,
            {.call = [this](std::int32_t stream, grpc_call call) { take(stream, std::move(call)); },
             .cancelled = [this](std::int32_t stream) { cancel(stream); }},
            now_) {}

  void feed(std::string_view piece) {
    connection_.receive({reinterpret_cast<const std::uint8_t*>(piece.data()), piece.size()}, now_);
    check_counters();
  }

  void collect() {
    std::string out;
    connection_.collect(out, now_);
    check(out.size() < 2 * grpc_connection::batch_bytes, "a batch is bounded");
    while (!out.empty()) {
      check(out.size() >= 9, "whole frames are sent");
      const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(out[i]); };
      const std::size_t size = byte(0) << 16U | byte(1) << 8U | byte(2);
      check(size <= 16'384 && out.size() >= 9 + size, "frames are no larger than allowed");
      out.erase(0, 9 + size);
    }
    check_counters();
  }

  void answer_held() {
    for (auto& [stream, call] : std::exchange(held_, {}))
      connection_.answer(stream, {.message = std::move(call.message)}, now_);
  }

  void drain() { connection_.begin_drain(now_); }

  void wait(steady_clock::duration time) {
    now_ += time;
    check(connection_.check(now_) > now_, "the next look is later");
  }

  void end() {
    connection_.abandon();
    check(held_.empty(), "every call is answered or cancelled");
    check(counters_.calls == 0 && counters_.buffered_bytes == 0, "nothing is left");
    check(!connection_.failed() || counters_.protocol_errors > 0 || counters_.stalled > 0,
          "an end is counted");
    check(counters_.protocol_errors <= 1, "an end is counted once");
  }

private:
  void check_counters() {
    check(counters_.calls <= options_.max_streams, "calls are bounded");
    check(counters_.buffered_bytes <= options_.max_connection_bytes + 16'384,
          "what waits is bounded");
    check(connection_.streams() == counters_.calls, "calls are counted");
  }

  void take(std::int32_t stream, grpc_call call) {
    check(call.message.size() <= options_.max_message_bytes, "messages are bounded");
    if (call.path == "/echo")
      return connection_.answer(stream, {.message = std::move(call.message)}, now_);
    if (call.path == "/large")
      return connection_.answer(stream, {.message = std::string(1'000, 'x')}, now_);
    if (call.path == "/fail")
      return connection_.answer(
          stream, {.status = grpc_status::not_found, .text = std::move(call.message)}, now_);
    check(held_.emplace(stream, std::move(call)).second, "a call comes once");
  }

  void cancel(std::int32_t stream) {
    check(held_.erase(stream) == 1, "who waits for an answer is cancelled, once");
  }

  grpc_server_options options_{small_options()};
  grpc_counters counters_;
  time_point now_{std::chrono::hours{1}};
  std::map<std::int32_t, grpc_call> held_;
  grpc_connection connection_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  const std::string_view input{reinterpret_cast<const char*>(data) + 1, size - 1};
  const auto has = [what = data[0]](unsigned bit) { return (what >> bit & 1U) != 0; };
  victim v;
  if (!has(7)) // else it sends its own greeting
    v.feed(test::raw_greeting());
  const std::size_t pieces = 1 + data[0] % 4;
  const auto piece = input.size() / pieces + 1;
  for (std::size_t at = 0; at < input.size(); at += piece) {
    v.feed(input.substr(at, piece));
    if (has(2))
      v.collect();
    if (has(3))
      v.answer_held();
    if (has(4))
      v.wait(std::chrono::milliseconds{100});
    if (has(5))
      v.wait(std::chrono::seconds{10});
    if (has(6) && at > 0)
      v.drain();
  }
  v.collect();
  v.end();
  return 0;
}
