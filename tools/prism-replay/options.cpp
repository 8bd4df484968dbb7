#include "options.hpp"
#include "tools/common/command_line.hpp"

#include <chrono>
#include <string_view>

namespace prism::replay {

namespace {

constexpr const char* help = R"(Usage: prism-replay --base PATH [OPTION]...
Serves a recorded firehose as com.atproto.sync.subscribeRepos and, where PATH has
them, its DID documents, handles and hosting states (PATH.dids.json, .handles.json,
.hosting.json) as a PLC directory and PDS on the same port.

{}
Faults, N being the number of frames of the corpus before them:
  close-at=N          close the WebSocket
  reset-at=N          reset the TCP connection
  half-open-at=N      keep the connection, but neither send, read nor answer pings
  garbage-at=N        put in a binary message of random bytes
  text-at=N           put in a text message
  truncated-at=N      put in the first half of the next frame
  oversized-at=N      put in a binary message of 6 MiB
  error-at=N:NAME     send an error frame of that name, for example ConsumerTooSlow, and close
  delay-accept=MS     answer the first connection late

Prints "listening on URL" to the standard output, and connections and faults to the standard error.
)";

expected<std::chrono::steady_clock::time_point> read_moment(std::string_view text) {
  return tools::read_number<std::int64_t>(text).map([](auto seconds) {
    return std::chrono::steady_clock::now() +
           (std::chrono::sys_seconds{std::chrono::seconds{seconds}} -
            std::chrono::system_clock::now());
  });
}

} // namespace

expected<options> parse_options(int argc, const char* const* argv) {
  options chosen;
  auto& server = chosen.server;
  const auto add_fault = [&](const std::string& text) -> expected<void> {
    return net::parse_fault(text).map(
        [&](auto fault) { server.faults.push_back(std::move(fault)); });
  };
  tools::option_table known;
  auto option = known.add_options();
  option("base", tools::text("PATH", chosen.base),
         "corpus without its ending: PATH.frames.zst is served (required)");
  option("listen", tools::read_by(net::parse_listen_address, "ADDRESS:PORT", server.listen),
         "listen address (default 127.0.0.1:0: a free port)");
  option("rate", tools::number(server.rate), "frames per second on each connection (0: no limit)");
  option("since", tools::read_by(read_moment, "T", server.since),
         "frame N is due N / rate after T (seconds since 1970), also on a later connection");
  option("window", tools::number(server.window),
         "frames kept for cursors, counted from the end (0: all)");
  option("from-start", tools::flag(server.from_start),
         "a client without cursor gets everything (the default)");
  option("from-end", tools::flag(server.from_start, false),
         "a client without a cursor gets only new frames, that is, none");
  option("twice", tools::flag(chosen.twice), "the corpus twice in a row; seq continues");
  option("once", tools::flag(chosen.once),
         "exit 0 when one client has received everything and closed");
  option("tls-cert", tools::text("FILE", server.tls_certificate_file),
         "certificate chain in PEM: serve wss");
  option("tls-key", tools::text("FILE", server.tls_key_file), "its private key in PEM");
  option("port-file", tools::text("FILE", chosen.port_file), "write the port there once listening");
  option("fault", tools::value("SPEC", add_fault), "inject a fault once; repeatable (see below)");

  if (const auto read = tools::read_command_line(argc, argv, known, help); !read)
    return tl::unexpected(read.error());
  if (chosen.base.empty())
    return fail(errc::invalid, "--base is missing");
  if (server.tls_certificate_file.empty() != server.tls_key_file.empty())
    return fail(errc::invalid, "--tls-cert and --tls-key are only useful together");
  return chosen;
}

} // namespace prism::replay
