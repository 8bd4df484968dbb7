#include "options.hpp"
#include "tools/common/command_line.hpp"

#include <algorithm>
#include <span>

namespace prism::synth {

namespace {

constexpr const char* help = R"(usage: prism-synth --base=BASE [OPTION...]  writes a corpus
       prism-synth --rate=N [OPTION...]     serves a live firehose

Generates a network and writes its firehose as a corpus: BASE.frames.zst, BASE.meta.json,
BASE.dids.json, BASE.handles.json, and, unless --oracle=no, the expected rows:
BASE.oracle.rows.jsonl.zst, BASE.oracle.errors.json. The same options give the same bytes.

With --rate it serves a live firehose, as com.atproto.sync.subscribeRepos, and generates N
frames per second for M minutes after its first client connects. A frame's time is its due
time, so a consumer that falls behind shows the lag; the stream waits for it. At the end it
prints the expected row counts as one JSON object to the standard output and runs until
SIGTERM.

{}
Weights: post, reply, quote, tangle, again, like, repost, follow, block, list, item, listblock,
threadgate, postgate, profile, edit, remove, handle, pause, leave. A tangle is a reply to any
post in any thread: to itself, to a later one, in a circle; again is a second record like one
that the account has. Their weights are 0 unless given.
With --clocks=wrong five in six hosts stamp their events with a clock that is 30 days behind,
70 years ahead, jumping, frozen, or equal to others'.
)";

constexpr std::size_t default_remember = 200'000;

[[nodiscard]] expected<void> read_weight(options& into, std::string_view text) {
  const auto colon = std::min(text.find(':'), text.size());
  const auto known = std::ranges::find(action_names, text.substr(0, colon));
  const auto weight = tools::read_number(text.substr(std::min(colon + 1, text.size())), 0.0, 1e6);
  if (known == action_names.end() || !weight)
    return fail(errc::invalid,
                "'{}' is not NAME:WEIGHT with a known name and a weight in 0..1000000", text);
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

// An option that is one of two words.
[[nodiscard]] tools::option_value* either(const std::string& yes, const std::string& no,
                                          bool& into) {
  return tools::value(yes + '|' + no, [=, &into](const std::string& text) -> expected<void> {
    if (text != yes && text != no)
      return fail(errc::invalid, "'{}' is neither {} nor {}", text, yes, no);
    into = text == yes;
    return {};
  });
}

[[nodiscard]] expected<void> check(const options& read) {
  if (read.base.empty() == (read.stream.rate == 0))
    return fail(errc::invalid, "either --base or --rate is required, not both");
  const auto records = std::span{read.mix}.first(static_cast<std::size_t>(action::handle));
  if (std::ranges::all_of(records, [](double each) { return each == 0; }))
    return fail(errc::invalid, "--mix: no action that creates records has a weight");
  return {};
}

} // namespace

expected<options> read_options(int argc, const char* const* argv) {
  options out;
  auto& live = out.stream;
  const auto set_mix = [&](const std::string& text) { return read_mix(out, text); };
  tools::option_table known;
  auto option = known.add_options();
  option("base", tools::text("BASE", out.base), "where to write the corpus");
  option("accounts", tools::number(out.accounts, 1, 1'000'000), "of the network; default 200");
  option("ops", tools::number(out.operations, 1, 1'000'000'000),
         "record operations of the corpus; default 10000");
  option("seed", tools::number(out.seed), "another one is another network; default 1");
  option("oracle", either("yes", "no", out.oracle), "write the expected rows; default yes");
  option("clocks", either("wrong", "right", out.wrong_clocks), "default right; see below");
  option("mix", tools::value("NAME:WEIGHT,...", set_mix), "how frequent actions are; see below");
  option("remember", tools::number(out.remember, 100, 100'000'000),
         "records that exist at a time: from there on each creation causes a deletion; default "
         "without --rate: no limit; with it: 200000, which is also the maximum");
  option("rate", tools::number(live.rate, 1, 100'000),
         "frames of the live firehose per second, to 100000");
  option("minutes", tools::number(live.minutes, 0.001, 10'000),
         "for which it goes on, to 10000; default 1");
  option("window", tools::number(live.window, 1, 100'000'000),
         "last frames that are kept for cursors; default 20000");
  option("listen", tools::read_by(net::parse_listen_address, "ADDRESS:PORT", live.listen),
         "default: a free port of 127.0.0.1");
  option("port-file", tools::text("FILE", live.port_file), "write the port there once listening");
  if (const auto read = tools::read_command_line(argc, argv, known, help); !read)
    return tl::unexpected(read.error());
  if (live.rate > 0)
    out.remember = std::min(out.remember, default_remember);
  return check(out).map([&] { return out; });
}

} // namespace prism::synth
