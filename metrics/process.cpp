#include "metrics/process.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace prism::metrics {

namespace {

// Field numbers of /proc/pid/stat in proc(5).
enum field : std::size_t { utime = 14, stime = 15, num_threads = 20, starttime = 22, rss = 24 };
constexpr std::size_t first_after_name = 3;

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    const auto begin = text.find_first_not_of(" \n");
    if (begin == std::string_view::npos)
      return words;
    const auto end = text.find_first_of(" \n", begin);
    words.push_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos)
      return words;
    text.remove_prefix(end);
  }
}

bool read(std::string_view word, std::uint64_t& into) noexcept {
  const auto* end = word.data() + word.size();
  const auto [stopped, failure] = std::from_chars(word.data(), end, into);
  return failure == std::errc{} && stopped == end;
}

std::string text_of(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Seconds since 1970; constant.
double boot_time() {
  const auto text = text_of("/proc/stat");
  constexpr std::string_view key = "\nbtime ";
  const auto found = text.find(key);
  std::uint64_t seconds = 0;
  if (found != std::string::npos) {
    const auto begin = found + key.size();
    static_cast<void>(
        read(std::string_view(text).substr(begin, text.find('\n', begin) - begin), seconds));
  }
  return static_cast<double>(seconds);
}

const process_units& kernel_units() {
  static const process_units units{.ticks_per_second = static_cast<double>(::sysconf(_SC_CLK_TCK)),
                                   .page_bytes =
                                       static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)),
                                   .boot_time = boot_time()};
  return units;
}

} // namespace

expected<process_sample> parse_stat(std::string_view text, const process_units& units) {
  const auto name_end = text.rfind(')');
  if (name_end == std::string_view::npos)
    return fail(errc::invalid, "process statistics without a program name");
  const auto words = words_of(text.substr(name_end + 1));
  const auto number = [&](field wanted) -> std::uint64_t {
    std::uint64_t value = 0;
    const auto index = static_cast<std::size_t>(wanted) - first_after_name;
    return index < words.size() && read(words[index], value) ? value : 0;
  };
  if (words.size() <= rss - first_after_name || number(num_threads) == 0)
    return fail(errc::invalid, "process statistics with {} fields after the name", words.size());
  process_sample sample;
  sample.cpu_seconds = static_cast<double>(number(utime) + number(stime)) / units.ticks_per_second;
  sample.threads = number(num_threads);
  sample.start_time =
      units.boot_time + static_cast<double>(number(starttime)) / units.ticks_per_second;
  sample.resident_bytes = number(rss) * units.page_bytes;
  return sample;
}

expected<process_sample> sample_process() {
  auto sample = parse_stat(text_of("/proc/self/stat"), kernel_units());
  if (!sample)
    return fail(errc::io, "/proc/self/stat: {}", sample.error().message);
  std::error_code failure;
  std::filesystem::directory_iterator fds("/proc/self/fd", failure);
  if (failure)
    return fail(errc::io, "/proc/self/fd: {}", failure.message());
  // One of them is the directory iterator's own.
  sample->open_fds = static_cast<std::uint64_t>(std::distance(begin(fds), end(fds))) - 1;
  return sample;
}

} // namespace prism::metrics
