#pragma once

#include "http2_client.hpp"
#include "net/grpc/grpc_connection.hpp"

#include <functional>
#include <map>

namespace prism::net::test {

using namespace std::chrono_literals;

/// A `grpc_connection` and its client, with what is between them in memory, and a clock that the
/// test sets. Its methods are those of answering.hpp.
class wired {
public:
  explicit wired(grpc_server_options options = {}, http2_client::settings settings = {})
      : options(std::move(options)), client(settings),
        server(std::make_unique<grpc_connection>(
            this->options, counters,
            grpc_connection::events{
                .call = [this](std::int32_t stream,
                               grpc_call call) { take(stream, std::move(call)); },
                .cancelled = [this](std::int32_t stream) { ++cancelled[stream]; }},
            now)) {}

  /// Lets bytes go both ways until there are no more.
  void run() {
    while (true) {
      auto forth = client.collect();
      auto back = take_output();
      if (forth.empty() && back.empty())
        return;
      feed(forth);
      client.receive(back);
    }
  }

  /// As from a client that is not `client`.
  void feed(std::string_view bytes) {
    server->receive({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, now);
  }

  [[nodiscard]] std::string take_output() {
    std::string out;
    server->collect(out, now);
    return out;
  }

  response ask(const request& what) {
    const auto stream = client.send(what);
    run();
    return client.responses[stream];
  }

  /// The server looks at its clock whenever it wants to, until `later`.
  void wait(steady_clock::duration later) {
    const auto end = now + later;
    for (auto next = server->check(now); next < end; next = server->check(now)) {
      REQUIRE(next > now); // no busy loop
      now = next;
    }
    now = end;
    static_cast<void>(server->check(now));
  }

  grpc_server_options options;
  grpc_counters counters;
  time_point now{std::chrono::hours{1}};
  http2_client client;
  std::map<std::int32_t, grpc_call> held;
  std::map<std::int32_t, int> cancelled;
  std::unique_ptr<grpc_connection> server;

private:
  void take(std::int32_t stream, grpc_call call) {
    if (call.path == "/t/Echo")
      server->answer(stream, {.message = std::move(call.message)}, now);
    else if (call.path == "/t/Size")
      server->answer(stream, {.message = std::string(std::stoul(call.message), 'x')}, now);
    else if (call.path == "/t/Fail")
      server->answer(stream, {.status = grpc_status::not_found, .text = call.message}, now);
    else
      held.emplace(stream, std::move(call));
  }
};

} // namespace prism::net::test
