#include "net/tunnel/own_connection.hpp"

#include <boost/endian/conversion.hpp>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <string>

namespace prism::net {

namespace {

using boost::asio::ip::tcp;

// As /proc/net/tcp writes an IPv4 endpoint: the address as a number of this machine.
std::string table_text(const tcp::endpoint& endpoint) {
  const auto address = boost::endian::native_to_big(endpoint.address().to_v4().to_uint());
  return fmt::format("{:08X}:{:04X}", address, endpoint.port());
}

// The number of the socket whose own end is `from`; "" if it is not in the table.
std::optional<std::string> socket_of(const tcp::endpoint& from, const tcp::endpoint& to) {
  std::ifstream table("/proc/self/net/tcp");
  std::string line;
  if (!std::getline(table, line)) // the titles
    return std::nullopt;
  const auto wanted_from = table_text(from);
  const auto wanted_to = table_text(to);
  while (std::getline(table, line)) {
    std::istringstream words(line);
    std::string number;
    std::string local;
    std::string remote;
    words >> number >> local >> remote;
    if (local != wanted_from || remote != wanted_to)
      continue;
    std::string skipped; // state, queues, timer, retransmissions, user, timeout
    std::string socket;
    words >> skipped >> skipped >> skipped >> skipped >> skipped >> skipped >> socket;
    return socket;
  }
  return "";
}

} // namespace

std::optional<bool> is_own_connection(const tcp::endpoint& ours, const tcp::endpoint& theirs) {
  if (!ours.address().is_v4() || !theirs.address().is_v4())
    return std::nullopt;
  const auto socket = socket_of(theirs, ours);
  if (!socket)
    return std::nullopt;
  const auto wanted = fmt::format("socket:[{}]", *socket);
  std::error_code problem;
  std::filesystem::directory_iterator each("/proc/self/fd", problem);
  if (problem)
    return std::nullopt;
  for (; each != std::filesystem::directory_iterator{}; each.increment(problem)) {
    if (problem)
      return std::nullopt;
    std::error_code closed;
    if (std::filesystem::read_symlink(each->path(), closed) == wanted)
      return true;
  }
  return false;
}

} // namespace prism::net
