#include "tools/prismd/memory_fit.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

using namespace prism;
using namespace prism::tools;

namespace {

constexpr std::uint64_t mib = 1 << 20;

/// A /proc and a /sys with the files of a test.
class system_files {
public:
  system_files() {
    std::string name = (std::filesystem::temp_directory_path() / "prism-memory-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    root_ = name;
  }
  ~system_files() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  system_files(const system_files&) = delete;
  system_files& operator=(const system_files&) = delete;

  void put(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  [[nodiscard]] std::string found(std::optional<std::uint64_t> address_space = {}) const {
    const auto limit = find_memory_limit(root_, address_space);
    return limit ? std::to_string(limit->bytes) + " " + limit->source : "nothing";
  }

private:
  std::filesystem::path root_;
};

constexpr auto meminfo = "MemTotal:        4194304 kB\nMemFree:         1024 kB\n";

} // namespace

TEST_CASE("the memory limit is that of the control group, wherever in the hierarchy it is set") {
  const system_files files;
  CHECK(files.found() == "nothing");
  files.put("proc/meminfo", "MemFree: 1 kB\nMemTotal: 4194304 kB\n");
  CHECK(files.found() == "4294967296 /proc/meminfo");
  files.put("proc/self/cgroup", "0::/system.slice/prismd.service\n");
  files.put("sys/fs/cgroup/system.slice/prismd.service/memory.max", "max\n");
  CHECK(files.found() == "4294967296 /proc/meminfo");
  files.put("sys/fs/cgroup/system.slice/memory.max", "134217728\n");
  CHECK(files.found() == "134217728 /sys/fs/cgroup/system.slice/memory.max");
  files.put("sys/fs/cgroup/system.slice/prismd.service/memory.high", "67108864\n");
  CHECK(files.found() == "67108864 /sys/fs/cgroup/system.slice/prismd.service/memory.high");
  CHECK(files.found(60 * mib) == "62914560 RLIMIT_AS");
}

TEST_CASE("in a container the group may have a name of the outside; its limit is at the top") {
  const system_files files;
  files.put("proc/meminfo", meminfo);
  files.put("proc/self/cgroup", "0::/docker/0123/below\n");
  files.put("sys/fs/cgroup/memory.max", "67108864");
  CHECK(files.found() == "67108864 /sys/fs/cgroup/memory.max");
}

TEST_CASE("control groups of version 1 count as well") {
  const system_files files;
  files.put("proc/meminfo", meminfo);
  files.put("proc/self/cgroup", "5:cpu,cpuacct:/a\n4:memory:/a/b\n1:name=systemd:/\n0::/\n");
  files.put("sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "9223372036854771712\n");
  CHECK(files.found() == "4294967296 /proc/meminfo");
  files.put("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "67108864\n");
  CHECK(files.found() == "67108864 /sys/fs/cgroup/memory/a/memory.limit_in_bytes");
}

TEST_CASE("files that say nothing of use are overlooked") {
  const system_files files;
  files.put("proc/meminfo", "nonsense");
  files.put("proc/self/cgroup", "nonsense\n0:\n\n");
  files.put("sys/fs/cgroup/memory.max", "");
  CHECK(files.found() == "nothing");
}

TEST_CASE("the default window is a quarter of the memory there is, if that is less") {
  const auto window = [](std::uint64_t memory) {
    config::options options;
    const auto line = fit_window(options, {memory, "a test"});
    CHECK(line.has_value() == (options.firehose_window_bytes != 64 * mib));
    return options.firehose_window_bytes;
  };
  CHECK(window(1024 * mib) == 64 * mib);
  CHECK(window(256 * mib) == 64 * mib);
  CHECK(window(128 * mib) == 32 * mib);
  CHECK(window(64 * mib) == 16 * mib);
  CHECK(window(16 * mib) == 8 * mib); // the least there can be
}

TEST_CASE("a window that somebody has chosen stays, with a warning if it is large") {
  config::options options;
  options.firehose_window_bytes = 17 * mib;
  CHECK_THAT(fit_window(options, {64 * mib, "a test"}).value(),
             Catch::Contains("more than a quarter of the 67108864 bytes"));
  CHECK(options.firehose_window_bytes == 17 * mib);
  options.firehose_window_bytes = 16 * mib;
  CHECK_FALSE(fit_window(options, {64 * mib, "a test"}));
  CHECK(options.firehose_window_bytes == 16 * mib);
}
