#include "options.hpp"

#include <algorithm>
#include <charconv>

namespace prism::synth {

const char* const usage =
    "usage: prism-synth --base=BASE [--accounts=N] [--ops=N] [--seed=N] [--mix=NAME:WEIGHT,...]\n"
    "                   [--oracle=yes|no] [--clocks=right|wrong]\n"
    "       prism-synth --rate=N [--minutes=M] [--window=N] [--listen=ADDRESS:PORT]\n"
    "                   [--port-file=FILE] [--accounts=N] [--remember=N] [--seed=N]\n"
    "                   [--mix=NAME:WEIGHT,...] [--clocks=right|wrong]\n"
    "\n"
    "Generates a network and writes its firehose as a corpus: BASE.frames.zst, BASE.meta.json,\n"
    "BASE.dids.json, BASE.handles.json, and, unless --oracle=no, the expected rows:\n"
    "BASE.oracle.rows.jsonl.zst, BASE.oracle.errors.json.\n"
    "The same options give the same bytes. Weights: post, reply, quote, tangle, again, like,\n"
    "repost, follow, block, list, item, listblock, threadgate, postgate, profile, edit, remove, "
    "handle,\n"
    "pause, leave. A tangle is a reply to any post in any thread: to itself, to a later one, in a\n"
    "circle; again is a second record like one that the account has. Their weights are 0 unless\n"
    "given.\n"
    "With --clocks=wrong five in six hosts stamp their events with a clock that is 30 days "
    "behind,\n"
    "70 years ahead, jumping, frozen, or equal to others'.\n"
    "\n"
    "With --rate it serves a live firehose, as com.atproto.sync.subscribeRepos (default: on a\n"
    "free port of 127.0.0.1), and generates N frames per second for M minutes after its first\n"
    "client connects. A frame's time is its due time, so a consumer that falls behind shows the\n"
    "lag; the stream waits for it. The last --window frames (default 20000) are kept for cursors;\n"
    "at most --remember records (default 200000) exist at a time: from there on each creation\n"
    "causes a deletion. At the end it prints the expected row counts as one JSON object to the\n"
    "standard output and runs until SIGTERM.\n";

namespace {

constexpr std::size_t default_remember = 200'000;

template <class Number>
[[nodiscard]] expected<Number> number(std::string_view name, std::string_view text,
                                      Number min_value, Number max_value) {
  Number value{};
  const auto* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || at != end || !(value >= min_value && value <= max_value))
    return fail(errc::invalid, "{}: '{}' is not a number in {}..{}", name, text, min_value,
                max_value);
  return value;
}

[[nodiscard]] expected<void> read_weight(options& into, std::string_view text) {
  const auto colon = text.find(':');
  const auto name = text.substr(0, colon);
  const auto known = std::find(action_names.begin(), action_names.end(), name);
  if (colon == std::string_view::npos || known == action_names.end())
    return fail(errc::invalid, "--mix: '{}' is not NAME:WEIGHT with a known name", text);
  const auto weight = number(name, text.substr(colon + 1), 0.0, 1e6);
  if (!weight)
    return tl::unexpected(weight.error());
  into.mix[static_cast<std::size_t>(known - action_names.begin())] = *weight;
  return {};
}

[[nodiscard]] expected<void> read_mix(options& into, std::string_view text) {
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    if (auto read = read_weight(into, text.substr(0, comma)); !read)
      return read;
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return {};
}

template <class Number>
[[nodiscard]] expected<void> put(Number& into, const expected<Number>& read) {
  if (!read)
    return tl::unexpected(read.error());
  into = *read;
  return {};
}

[[nodiscard]] expected<void> read_option(options& into, std::string_view argument) {
  const auto equals = argument.find('=');
  const auto name = argument.substr(0, equals);
  const auto value = equals == std::string_view::npos ? "" : argument.substr(equals + 1);
  if (name == "--base") {
    into.base = value;
    return {};
  }
  if (name == "--accounts")
    return put(into.accounts, number<std::size_t>(name, value, 1, 1'000'000));
  if (name == "--ops")
    return put(into.operations, number<std::size_t>(name, value, 1, 1'000'000'000));
  if (name == "--seed")
    return put(into.seed, number<std::uint64_t>(name, value, 0, UINT64_MAX));
  if (name == "--oracle") {
    if (value != "yes" && value != "no")
      return fail(errc::invalid, "--oracle: '{}' is neither yes nor no", value);
    into.oracle = value == "yes";
    return {};
  }
  if (name == "--clocks") {
    if (value != "right" && value != "wrong")
      return fail(errc::invalid, "--clocks: '{}' is neither right nor wrong", value);
    into.wrong_clocks = value == "wrong";
    return {};
  }
  if (name == "--remember")
    return put(into.remember, number<std::size_t>(name, value, 100, 100'000'000));
  if (name == "--rate")
    return put(into.stream.rate, number<std::uint32_t>(name, value, 1, 100'000));
  if (name == "--minutes")
    return put(into.stream.minutes, number(name, value, 0.001, 10'000.0));
  if (name == "--window")
    return put(into.stream.window, number<std::size_t>(name, value, 1, 100'000'000));
  if (name == "--listen")
    return put(into.stream.listen, net::parse_listen_address(value));
  if (name == "--port-file") {
    into.stream.port_file = value;
    return {};
  }
  if (name == "--mix")
    return read_mix(into, value);
  return fail(errc::invalid, "unknown option '{}'", argument);
}

} // namespace

expected<options> read_options(std::span<const char* const> arguments) {
  options out;
  for (const auto* argument : arguments)
    if (auto read = read_option(out, argument); !read)
      return tl::unexpected(read.error());
  if (out.base.empty() == (out.stream.rate == 0))
    return fail(errc::invalid, "either --base or --rate is required, not both");
  if (out.stream.rate > 0)
    out.remember = std::min(out.remember, default_remember);
  const auto records = std::span{out.mix}.first(static_cast<std::size_t>(action::handle));
  if (std::all_of(records.begin(), records.end(), [](double each) { return each == 0; }))
    return fail(errc::invalid, "--mix: no action that creates records has a weight");
  return out;
}

} // namespace prism::synth
