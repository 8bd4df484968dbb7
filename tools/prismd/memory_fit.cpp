#include "tools/prismd/memory_fit.hpp"

#include "config/option_table.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <fstream>
#include <string_view>
#include <sys/resource.h>
#include <utility>
#include <vector>

namespace prism::tools {

namespace {

namespace fs = std::filesystem;

/// The number at the start of a file; empty for "max", or if there is no such file.
[[nodiscard]] std::optional<std::uint64_t> number_in(const fs::path& file) {
  std::string text;
  std::ifstream(file) >> text;
  std::uint64_t value = 0;
  const auto [stopped, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failure == std::errc{} ? std::optional(value) : std::nullopt;
}

[[nodiscard]] std::optional<std::uint64_t> machine_memory(const fs::path& meminfo) {
  std::ifstream lines(meminfo);
  constexpr std::uint64_t kib = 1024;
  std::string name;
  std::uint64_t value = 0;
  for (std::string unit; lines >> name >> value; std::getline(lines, unit))
    if (name == "MemTotal:")
      return value * kib;
  return std::nullopt;
}

/// Keeps the smallest limit.
class smallest {
public:
  void offer(std::optional<std::uint64_t> bytes, const std::string& source) {
    if (bytes && (!found_ || *bytes < found_->bytes))
      found_ = memory_limit{*bytes, source};
  }
  [[nodiscard]] const std::optional<memory_limit>& found() const noexcept { return found_; }

private:
  std::optional<memory_limit> found_;
};

/// Offers `files` of a group and of all groups above it. In a container the group may have the name
/// that it has outside, and not exist; then the topmost one is the container's.
void offer_group(smallest& limits, const fs::path& root, const fs::path& mount, fs::path group,
                 const std::vector<std::string>& files) {
  for (;; group = group.parent_path()) {
    for (const auto& file : files) {
      const auto path = mount / group.relative_path() / file;
      limits.offer(number_in(root / path.relative_path()), path.string());
    }
    if (!group.has_relative_path())
      return;
  }
}

} // namespace

std::optional<memory_limit> find_memory_limit(const fs::path& root,
                                              std::optional<std::uint64_t> address_space) {
  smallest limits;
  limits.offer(machine_memory(root / "proc/meminfo"), "/proc/meminfo");
  limits.offer(address_space, "RLIMIT_AS");
  // cgroups(7): hierarchy number, controllers, path; version 2 has number 0 and no controllers.
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos)
      continue;
    const auto controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const fs::path group = line.substr(second + 1);
    if (line.starts_with("0::"))
      offer_group(limits, root, "/sys/fs/cgroup", group, {"memory.max", "memory.high"});
    else if (controllers.find(",memory,") != std::string::npos)
      offer_group(limits, root, "/sys/fs/cgroup/memory", group, {"memory.limit_in_bytes"});
  }
  return limits.found();
}

std::optional<memory_limit> find_memory_limit() {
  rlimit space{};
  const bool limited = getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY;
  return find_memory_limit("/",
                           limited ? std::optional<std::uint64_t>(space.rlim_cur) : std::nullopt);
}

std::optional<std::string> fit_window(config::options& options, const memory_limit& memory) {
  const auto least = config::find_row("firehose-window-bytes")->min;
  const auto fitting = std::max(memory.bytes / window_share, least);
  auto& window = options.firehose_window_bytes;
  if (window <= fitting)
    return std::nullopt;
  if (window != config::options{}.firehose_window_bytes)
    return fmt::format("firehose-window-bytes is {}, more than a quarter of the {} bytes of memory "
                       "there are ({}): prismd may be killed for want of memory",
                       window, memory.bytes, memory.source);
  const auto otherwise = std::exchange(window, fitting);
  return fmt::format("firehose-window-bytes is {} instead of {}: there are {} bytes of memory ({})",
                     fitting, otherwise, memory.bytes, memory.source);
}

} // namespace prism::tools
