// Sends recorded calls to a data plane and measures them (help below).

#include "bench/rpc/rpc_connection.hpp"
#include "tools/common/command_line.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <future>
#include <iostream>
#include <map>
#include <numeric>
#include <sstream>

using namespace prism;
using namespace prism::bench;

namespace {

constexpr const char* help =
    R"(Sends recorded calls to a data plane, by gRPC over HTTP/2 in clear text, and measures them.

usage: zstd -dc FILE.rpc.zst | bench_rpc HOST PORT [OPTION...]

{}
Prints a line per method, `method calls failed p50_us p99_us max_us`, those that failed by status, and
last `N calls, F failed, X calls/s`.
)";

struct settings {
  std::string host;
  std::uint16_t port{0};
  std::size_t connections{1};
  std::size_t in_flight{1};
  std::uint64_t rounds{1};
  std::uint64_t seconds{3600};
  std::set<std::string> only;
};

[[nodiscard]] expected<settings> parse(int count, char** words) {
  settings out;
  const auto add_methods = [&](const std::string& text) -> expected<void> {
    std::istringstream names{text};
    for (std::string each; std::getline(names, each, ',');)
      out.only.insert(each);
    return {};
  };
  tools::option_table known;
  auto option = known.add_options();
  option("connections", tools::number(out.connections, 1),
         "connections, each with a thread; default 1");
  option("in-flight", tools::number(out.in_flight, 1),
         "calls open at a time on each connection; default 1");
  option("rounds", tools::number(out.rounds), "how often the recording is sent; default 1");
  option("seconds", tools::number(out.seconds), "no new calls after so long; default 3600");
  option("only", tools::value("A,B", add_methods), "only these methods");
  const auto target = tools::read_command_line(count, words, known, help, 2);
  if (!target)
    return tl::unexpected(target.error());
  if (target->size() < 2)
    return fail(errc::invalid, "HOST and PORT are missing");
  const auto port = tools::read_number<std::uint16_t>(target->at(1));
  if (!port)
    return fail(errc::invalid, "PORT: {}", port.error().message);
  out.host = target->at(0);
  out.port = *port;
  return out;
}

[[nodiscard]] long long us(std::vector<std::chrono::nanoseconds>& sorted, double share) {
  if (sorted.empty())
    return 0;
  const auto at = std::min(sorted.size() - 1,
                           static_cast<std::size_t>(share * static_cast<double>(sorted.size())));
  return std::chrono::duration_cast<std::chrono::microseconds>(sorted[at]).count();
}

void report(const recording& of, const std::vector<call_result>& results, double seconds) {
  std::map<std::string, std::vector<std::chrono::nanoseconds>> times;
  std::map<std::string, std::size_t> failed;
  std::map<int, std::size_t> by_status;
  for (const auto& each : results) {
    times[of.methods[each.method]].push_back(each.took);
    if (each.status != 0) {
      ++failed[of.methods[each.method]];
      ++by_status[each.status];
    }
  }
  fmt::print("method calls failed p50_us p99_us max_us\n");
  for (auto& [name, took] : times) {
    std::ranges::sort(took);
    fmt::print("{} {} {} {} {} {}\n", name, took.size(), failed[name], us(took, 0.5),
               us(took, 0.99), us(took, 1));
  }
  for (const auto& [status, count] : by_status)
    fmt::print("# status {}: {} calls\n", status, count);
  const auto all = std::accumulate(by_status.begin(), by_status.end(), std::size_t{0},
                                   [](auto sum, const auto& each) { return sum + each.second; });
  fmt::print("{} calls, {} failed, {:.0f} calls/s\n", results.size(), all,
             static_cast<double>(results.size()) / seconds);
}

} // namespace

int main(int count, char** words) {
  const auto with = parse(count, words);
  if (!with)
    return tools::end_early("bench_rpc", with.error(), 2);
  const auto calls = read_recording(std::cin, with->only);
  if (!calls || calls->calls.empty()) {
    std::cerr << (calls ? "there are no such calls" : calls.error().message) << '\n';
    return 1;
  }
  call_source source(*calls, with->rounds);
  const auto began = std::chrono::steady_clock::now();
  std::vector<std::future<expected<std::vector<call_result>>>> running;
  for (std::size_t i = 0; i < with->connections; ++i)
    running.push_back(std::async(std::launch::async, [&] {
      return run_connection(with->host, with->port, with->in_flight, source);
    }));
  std::vector<call_result> results;
  for (auto& each : running) {
    if (each.wait_until(began + std::chrono::seconds(with->seconds)) == std::future_status::timeout)
      source.end();
    auto done = each.get();
    if (!done) {
      std::cerr << done.error().message << '\n';
      return 1;
    }
    results.insert(results.end(), done->begin(), done->end());
  }
  report(*calls, results,
         std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
}
