#include "options.hpp"
#include "tools/common/command_line.hpp"
#include "tools/replay/corpus_order.hpp"
#include "tools/replay/port_file.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <fmt/chrono.h>

namespace {

using namespace prism;

constexpr int exit_failure = 1;
constexpr int exit_usage = 2;

void log(const std::string& line) {
  fmt::print(stderr, "{:%H:%M:%S} {}\n", fmt::localtime(std::time(nullptr)), line);
}

expected<net::corpus> load(const replay::options& chosen) {
  auto frames = net::read_corpus(chosen.base + ".frames.zst");
  if (frames && chosen.twice)
    frames = net::twice(*frames);
  return frames;
}

expected<void> serve(replay::options chosen) {
  auto frames = load(chosen);
  if (!frames)
    return tl::unexpected(frames.error());
  const auto count = frames->size();

  boost::asio::io_context waiting;
  boost::asio::signal_set signals(waiting, SIGINT, SIGTERM);
  signals.async_wait([&](const boost::system::error_code&, int) { waiting.stop(); });
  chosen.server.log = log;
  auto directory = net::replay_directory::load(chosen.base);
  if (!directory)
    return tl::unexpected(directory.error());
  chosen.server.directory = std::move(*directory);
  if (chosen.once)
    chosen.server.on_served = [&] { waiting.stop(); };

  auto server = net::replay_server::start(std::move(*frames), chosen.server);
  if (!server)
    return tl::unexpected(server.error());
  log(fmt::format("{} frames", count));
  fmt::print("listening on {}\n", (*server)->url());
  std::fflush(stdout);
  if (!chosen.port_file.empty())
    if (auto written = net::write_port_file(chosen.port_file, (*server)->port()); !written)
      return written;

  waiting.run();
  (*server)->stop();
  for (const auto& fault : (*server)->faults_left())
    log("fault not fired: " + to_string(fault));
  return {};
}

int run(int argc, char** argv) {
  auto chosen = replay::parse_options(argc, argv);
  if (!chosen)
    return tools::end_early("prism-replay", chosen.error(), exit_usage);
  if (auto done = serve(std::move(*chosen)); !done) {
    fmt::print(stderr, "prism-replay: {}\n", done.error().message);
    return exit_failure;
  }
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "prism-replay: %s\n", e.what());
    return exit_failure;
  }
}
