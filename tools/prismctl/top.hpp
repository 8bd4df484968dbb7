#pragma once

#include "tools/prismctl/command_line.hpp"
#include "tools/prismctl/node_link.hpp"
#include "tools/prismctl/sparkline.hpp"

#include <map>
#include <string>

namespace prism::prismctl {

/// What `prismctl top` shows, made from answers of the node. Plain value.
class top_page {
public:
  /// @param status, actors, channels the `data` of these views @param seconds since the last call;
  /// 0 in the first
  void update(const boost::json::object& status, const boost::json::object& actors,
              const boost::json::object& channels, double seconds);
  /// @param address of the node @param lines that fit
  [[nodiscard]] std::string draw(std::string_view address, std::size_t columns,
                                 std::size_t lines) const;

private:
  void add_rate(const std::string& name, double total, double seconds);

  boost::json::object status_;
  boost::json::object actors_;
  boost::json::object channels_;
  std::map<std::string, double> totals_;
  std::map<std::string, sparkline> lines_;
};

/// Shows the page until `q` is typed or the node is gone; once, if the output is no terminal.
/// @returns the exit code of prismctl
[[nodiscard]] int top(node_link& link, const command_line& line);

} // namespace prism::prismctl
