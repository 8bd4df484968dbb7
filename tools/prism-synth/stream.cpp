#include "stream.hpp"

#include "live_source.hpp"
#include "tools/replay/port_file.hpp"
#include "tools/replay/replay_server.hpp"
#include "totals.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <thread>

namespace prism::synth {

expected<void> stream(const options& how) {
  boost::asio::io_context waiting;
  boost::asio::signal_set signals(waiting, SIGINT, SIGTERM);
  model expected_rows;
  auto made = std::make_unique<live_source>(how, expected_rows);
  auto& source = *made;
  net::replay_options chosen;
  chosen.listen = how.stream.listen;
  chosen.log = [](const std::string& line) { std::fputs((line + '\n').c_str(), stderr); };
  auto server = net::replay_server::serve(std::move(made), chosen);
  if (!server)
    return tl::unexpected(server.error());
  chosen.log("listening on " + (*server)->url());
  if (!how.stream.port_file.empty())
    if (auto written = net::write_port_file(how.stream.port_file, (*server)->port()); !written)
      return written;

  std::thread teller([&] {
    if (const auto outcome = source.wait()) {
      std::puts(totals_of(expected_rows, *outcome).c_str());
      std::fflush(stdout);
    }
  });
  signals.async_wait([](const boost::system::error_code&, int) {});
  waiting.run();
  source.give_up();
  teller.join();
  (*server)->stop();
  return {};
}

} // namespace prism::synth
