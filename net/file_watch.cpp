#include "net/file_watch.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <utility>

namespace prism::net {

namespace {

std::string state_of(const std::vector<std::string>& files) {
  std::string out;
  for (const auto& each : files) {
    struct stat now {};
    if (::stat(each.c_str(), &now) == 0)
      out += fmt::format("{}.{} {} {} {}\n", now.st_mtim.tv_sec, now.st_mtim.tv_nsec, now.st_size,
                         now.st_ino, now.st_dev);
    else
      out += "absent\n";
  }
  return out;
}

} // namespace

file_watch::file_watch(std::vector<std::string> files) : files_(std::move(files)) {
  std::erase_if(files_, [](const auto& each) { return each.empty(); });
  seen_ = state_of(files_);
}

bool file_watch::changed() {
  return std::exchange(seen_, state_of(files_)) != seen_;
}

} // namespace prism::net
