// The short form of the fuzzers, for every run of the tests and any compiler: the seeds and inputs
// made of them by a fixed rule, without guidance.
//
// fuzz_replay CORPORA INPUTS: CORPORA as fuzz_seeds makes them; INPUTS for each subject

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <vector>

#define SUBJECT(name) extern "C" int fuzz_##name(const std::uint8_t* data, std::size_t size);
#include "subjects.def"
#undef SUBJECT

namespace {

using bytes = std::vector<std::uint8_t>;
constexpr std::size_t max_size = 8'192;

const std::map<std::string, int (*)(const std::uint8_t*, std::size_t)> subjects{
#define SUBJECT(name) {#name, fuzz_##name},
#include "subjects.def"
#undef SUBJECT
};

std::vector<bytes> seeds_in(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> files{std::filesystem::directory_iterator(directory), {}};
  std::ranges::sort(files);
  std::vector<bytes> out;
  for (const auto& each : files) {
    std::ifstream file(each, std::ios::binary);
    out.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return out;
}

class mutator {
public:
  /// One of them with up to four changes.
  bytes next(const std::vector<bytes>& seeds) {
    auto out = seeds.at(below(seeds.size()));
    for (auto changes = below(4) + 1; changes > 0; --changes)
      change(out, seeds.at(below(seeds.size())));
    out.resize(std::min(out.size(), max_size));
    return out;
  }

private:
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : random_() % bound; }

  void change(bytes& of, const bytes& other) {
    static constexpr std::array<std::uint8_t, 6> odd{0, 1, 0x7F, 0x80, 0xFE, 0xFF};
    const auto at = static_cast<std::ptrdiff_t>(below(of.size() + 1));
    const auto length =
        static_cast<std::ptrdiff_t>(below(static_cast<std::size_t>(std::ssize(of) - at) + 1));
    switch (below(5)) {
    case 0: // a bit
      if (at < std::ssize(of))
        of[static_cast<std::size_t>(at)] ^= static_cast<std::uint8_t>(1U << below(8));
      break;
    case 1: // a run of odd bytes in place of what is there, or behind it
      std::fill_n(std::inserter(of, of.begin() + at), below(9), odd.at(below(odd.size())));
      break;
    case 2:
      of.erase(of.begin() + at, of.begin() + at + length);
      break;
    case 3:
      if (at < std::ssize(of))
        of[static_cast<std::size_t>(at)] = odd.at(below(odd.size()));
      break;
    default: { // a part of another one
      const auto from = below(other.size() + 1);
      const auto count = below(other.size() - from + 1);
      of.insert(of.begin() + at, other.begin() + static_cast<std::ptrdiff_t>(from),
                other.begin() + static_cast<std::ptrdiff_t>(from + count));
    }
    }
  }

  std::mt19937 random_{1}; // NOLINT: the same inputs each time
};

} // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: fuzz_replay CORPORA INPUTS\n", stderr);
    return 2;
  }
  const auto inputs = std::stoul(argv[2]);
  for (const auto& [name, run] : subjects) {
    const auto seeds = seeds_in(std::filesystem::path(argv[1]) / name);
    if (seeds.empty()) {
      std::fprintf(stderr, "%s: no seeds\n", name.c_str());
      return 1;
    }
    for (const auto& each : seeds)
      run(each.data(), each.size());
    mutator made;
    for (unsigned long i = 0; i < inputs; ++i) {
      const auto input = made.next(seeds);
      run(input.data(), input.size());
    }
    std::printf("%s: %zu seeds, %lu inputs made of them\n", name.c_str(), seeds.size(), inputs);
  }
  return 0;
}
