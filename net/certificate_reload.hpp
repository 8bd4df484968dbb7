#pragma once

#include "core/error.hpp"
#include "log/logger.hpp"
#include "net/file_watch.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace prism::net {

/// Certificates of a server that are replaced while it runs. Files that cannot be used, such as a
/// certificate whose key has not been replaced yet, are logged and counted, and what was loaded
/// before stays in use. The server's thread, but for the counts, which are for any.
class certificate_reload {
public:
  /// @param who begins the log lines ("tunnel"); it outlives this
  /// @param files PEM files; empty names are left out
  /// @param load reads the files and puts them to use
  certificate_reload(log::logger& to, std::string_view who, std::vector<std::string> files,
                     std::function<expected<void>()> load);

  /// Loads the files if one has changed since the last call, or since the beginning.
  void look();

  /// How often changed files came into use, and how often they could not be used.
  [[nodiscard]] std::uint64_t done() const noexcept { return done_; }
  [[nodiscard]] std::uint64_t failed() const noexcept { return failed_; }

private:
  log::logger& log_;
  std::string_view who_;
  file_watch watch_;
  std::function<expected<void>()> load_;
  std::atomic<std::uint64_t> done_{0};
  std::atomic<std::uint64_t> failed_{0};
};

} // namespace prism::net
