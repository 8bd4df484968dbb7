#include "options.hpp"

#include <charconv>
#include <chrono>
#include <functional>
#include <getopt.h>
#include <limits>
#include <string_view>
#include <vector>

namespace prism::replay {

namespace {

// Sets one option from its value; an error does not yet name the option.
using setter = std::function<expected<void>(options&, std::string_view)>;

template <class Number>
expected<Number> number(std::string_view text) {
  Number value{};
  const auto* end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc{} || rest != end || text.empty())
    return fail(errc::invalid, "'{}' is not a number in 0..{}", text,
                std::numeric_limits<Number>::max());
  return value;
}

// Stores a parsed value or returns its error.
template <class Target, class Value>
expected<void> store(Target& target, expected<Value> value) {
  if (!value)
    return tl::unexpected(value.error());
  target = std::move(*value);
  return {};
}

expected<void> add_fault(options& chosen, std::string_view text) {
  auto fault = net::parse_fault(text);
  if (!fault)
    return tl::unexpected(fault.error());
  chosen.server.faults.push_back(std::move(*fault));
  return {};
}

struct option_row {
  const char* name;
  const char* value; // its name in the help; nullptr: the option takes no value
  const char* help;
  setter set;
};

const std::vector<option_row>& rows() {
  static const std::vector<option_row> table{
      {"base", "PATH", "corpus without its ending: PATH.frames.zst is served (required)",
       [](options& o, std::string_view text) -> expected<void> {
         o.base = text;
         return {};
       }},
      {"listen", "ADDRESS:PORT", "listen address (default 127.0.0.1:0: a free port)",
       [](options& o, std::string_view text) {
         return store(o.server.listen, net::parse_listen_address(text));
       }},
      {"rate", "N", "frames per second on each connection (0: no limit)",
       [](options& o, std::string_view text) {
         return store(o.server.rate, number<std::uint32_t>(text));
       }},
      {"since", "T",
       "frame N is due N / rate after T (seconds since 1970), also on a later connection",
       [](options& o, std::string_view text) -> expected<void> {
         const auto since = number<std::int64_t>(text);
         if (!since)
           return tl::unexpected(since.error());
         o.server.since = std::chrono::steady_clock::now() +
                          (std::chrono::sys_seconds{std::chrono::seconds{*since}} -
                           std::chrono::system_clock::now());
         return {};
       }},
      {"window", "N", "frames kept for cursors, counted from the end (0: all)",
       [](options& o, std::string_view text) {
         return store(o.server.window, number<std::size_t>(text));
       }},
      {"from-start", nullptr, "a client without cursor gets everything (the default)",
       [](options& o, std::string_view) -> expected<void> {
         o.server.from_start = true;
         return {};
       }},
      {"from-end", nullptr, "a client without a cursor gets only new frames, that is, none",
       [](options& o, std::string_view) -> expected<void> {
         o.server.from_start = false;
         return {};
       }},
      {"twice", nullptr, "the corpus twice in a row; seq continues",
       [](options& o, std::string_view) -> expected<void> {
         o.twice = true;
         return {};
       }},
      {"once", nullptr, "exit 0 when one client has received everything and closed",
       [](options& o, std::string_view) -> expected<void> {
         o.once = true;
         return {};
       }},
      {"tls-cert", "FILE", "certificate chain in PEM: serve wss",
       [](options& o, std::string_view text) -> expected<void> {
         o.server.tls_certificate_file = text;
         return {};
       }},
      {"tls-key", "FILE", "its private key in PEM",
       [](options& o, std::string_view text) -> expected<void> {
         o.server.tls_key_file = text;
         return {};
       }},
      {"port-file", "FILE", "write the port there once listening",
       [](options& o, std::string_view text) -> expected<void> {
         o.port_file = text;
         return {};
       }},
      {"fault", "SPEC", "inject a fault once; repeatable (see below)", add_fault},
      {"help", nullptr, "this text",
       [](options& o, std::string_view) -> expected<void> {
         o.help = true;
         return {};
       }},
  };
  return table;
}

constexpr std::string_view fault_help = R"(
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

std::vector<option> long_options() {
  std::vector<option> result;
  int index = 0;
  for (const auto& row : rows())
    result.push_back(
        {row.name, row.value != nullptr ? required_argument : no_argument, nullptr, index++});
  result.push_back({nullptr, 0, nullptr, 0});
  return result;
}

expected<void> check(const options& chosen) {
  if (chosen.base.empty())
    return fail(errc::invalid, "--base is missing");
  if (chosen.server.tls_certificate_file.empty() != chosen.server.tls_key_file.empty())
    return fail(errc::invalid, "--tls-cert and --tls-key are only useful together");
  return {};
}

} // namespace

std::string help_text() {
  std::string text =
      "Usage: prism-replay --base PATH [OPTION]...\n"
      "Serves a recorded firehose as com.atproto.sync.subscribeRepos and, where PATH has\n"
      "them, its DID documents, handles and hosting states (PATH.dids.json, "
      ".handles.json,\n.hosting.json) as a PLC directory and PDS on the same port.\n\n";
  for (const auto& row : rows()) {
    const std::string form = row.value != nullptr ? fmt::format("--{}={}", row.name, row.value)
                                                  : fmt::format("--{}", row.name);
    text.append(fmt::format("  {:<22} {}\n", form, row.help));
  }
  return text.append(fault_help);
}

expected<options> parse_options(int argc, char** argv) {
  options chosen;
  const auto table = long_options();
  opterr = 0;
  for (;;) {
    int index = -1;
    const char* const word = optind < argc ? argv[optind] : "";
    // The leading colon makes a missing value distinguishable from an unknown option.
    const int found = getopt_long(argc, argv, ":", table.data(), &index);
    if (found == -1)
      break;
    if (found == '?' || found == ':')
      return fail(errc::invalid, "{} {}", word,
                  found == ':' ? "needs a value" : "is not an option, or takes no value");
    const auto& row = rows()[static_cast<std::size_t>(found)];
    if (auto set = row.set(chosen, optarg != nullptr ? optarg : ""); !set)
      return fail(errc::invalid, "--{}: {}", row.name, set.error().message);
  }
  if (optind < argc)
    return fail(errc::invalid, "unexpected argument '{}'", argv[optind]);
  if (!chosen.help)
    if (auto valid = check(chosen); !valid)
      return tl::unexpected(valid.error());
  return chosen;
}

} // namespace prism::replay
