#pragma once

#include "db/pg/conninfo.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prism::db {

/// The addresses of the server (or servers) that keywords of libpq name. libpq tries them in turn,
/// but tries the next one only when one fails, and would wait forever for one that never answers.
/// Each gets its share of the time to connect; one that uses it up is left out of another run.
class server_list {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Resolves names, which may take as long as the system's resolver does. A name that cannot be
  /// resolved is kept for libpq to report.
  /// @param given keywords for libpq
  explicit server_list(keyword_list given);

  /// The keywords for a run over the addresses that are left; those given if there is only one.
  [[nodiscard]] keyword_list keywords() const;

  /// libpq is at `address` (a numeric address, or a host if it is a socket) and `port`. @returns
  /// when it has had its share of the time `until` which one has to be connected.
  [[nodiscard]] time_point share(std::string_view address, std::string_view port, time_point until,
                                 time_point now);

  /// Leaves out the address of the last `share` and those before it. @returns whether any is left.
  [[nodiscard]] bool skip_current();

private:
  struct server {
    std::string host;
    std::string address; // numeric; empty for a socket, or if the name was not resolved
    std::string port;
  };

  keyword_list given_;
  std::vector<server> servers_;
  std::optional<std::size_t> current_; // the address that libpq is at
  bool skipped_{false};
  time_point share_end_{};
};

} // namespace prism::db
