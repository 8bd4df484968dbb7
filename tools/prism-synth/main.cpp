// prism-synth: the firehose of a synthetic network, as a corpus or as a live stream. See --help.

#include "corpus_writer.hpp"
#include "stream.hpp"
#include "tools/common/command_line.hpp"

#include <chrono>
#include <cstdio>
#include <fmt/format.h>

namespace {

constexpr int exit_usage = 64; // EX_USAGE

} // namespace

int main(int argc, char** argv) {
  using namespace prism::synth;
  const auto how = read_options(argc, argv);
  if (!how)
    return prism::tools::end_early("prism-synth", how.error(), exit_usage);
  if (how->stream.rate > 0) {
    if (const auto served = stream(*how); !served) {
      std::fputs(fmt::format("prism-synth: {}\n", served.error().message).c_str(), stderr);
      return 1;
    }
    return 0;
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto made = write_corpus(*how);
  if (!made) {
    std::fputs(fmt::format("prism-synth: {}\n", made.error().message).c_str(), stderr);
    return 1;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::fputs(fmt::format("{} frames, {} operations, {:.0f} ops/s\n", made->frames, made->operations,
                         static_cast<double>(made->operations) / took.count())
                 .c_str(),
             stdout);
  return 0;
}
