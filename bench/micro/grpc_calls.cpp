// What a call costs the server of gRPC, without what answers it: requests of 100 bytes over one
// connection, as many at a time as the first argument says, with answers of so many bytes as the
// second says. The counter is CPU time of the server's thread alone.

#include "bench/rpc/rpc_connection.hpp"
#include "net/grpc/grpc_server.hpp"

#include <benchmark/benchmark.h>
#include <ctime>
#include <future>

using namespace prism;

namespace {

double thread_seconds(net::grpc_server& server) {
  std::promise<double> seconds;
  server.post([&] {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    seconds.set_value(static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9);
  });
  return seconds.get_future().get();
}

void grpc_calls(benchmark::State& state) {
  const auto in_flight = static_cast<std::size_t>(state.range(0));
  const auto size = static_cast<std::size_t>(state.range(1));
  net::grpc_server* it = nullptr;
  auto server =
      net::grpc_server::start({}, {.on_call =
                                       [&](const net::grpc_call& call) {
                                         it->answer(call.id, {.message = std::string(size, 'x')});
                                       },
                                   .on_cancel = [](std::uint64_t) {}});
  if (!server)
    return state.SkipWithError(server.error().message.c_str());
  it = server->get();
  it->serve();
  constexpr std::size_t calls = 1'000;
  const bench::recording recording{
      .methods = {"Any"},
      .calls = std::vector<bench::recorded_call>(calls, {.request = std::string(100, 'q')})};
  const auto before = thread_seconds(*it);
  std::size_t done = 0;
  while (state.KeepRunning()) {
    bench::call_source source(recording, 1);
    const auto results = bench::run_connection("127.0.0.1", it->port(), in_flight, source);
    done += results ? results->size() : 0;
  }
  state.counters["server_us_per_call"] =
      (thread_seconds(*it) - before) * 1e6 / static_cast<double>(done);
  state.SetItemsProcessed(static_cast<std::int64_t>(done));
}
BENCHMARK(grpc_calls)->Args({1, 1'000})->Args({32, 1'000})->Args({32, 100'000})->UseRealTime();

} // namespace
