#include "tests/support/proxied_database.hpp"

#include "db/pg/conninfo.hpp"

#include <fmt/format.h>
#include <map>
#include <stdexcept>

namespace prism::test {

namespace {

[[nodiscard]] std::map<std::string, std::string> parts(const std::string& conninfo) {
  const auto pairs = db::connection_keywords({.conninfo = conninfo});
  if (!pairs)
    throw std::runtime_error(pairs.error().message);
  return {pairs->begin(), pairs->end()};
}

} // namespace

std::unique_ptr<proxy::fault_proxy> start_proxy(const std::string& conninfo) {
  const auto from = parts(conninfo);
  proxy::proxy_options options;
  options.server = fmt::format("{}/.s.PGSQL.{}", from.at("host"), from.at("port"));
  auto started = proxy::fault_proxy::start(std::move(options));
  if (!started)
    throw std::runtime_error("the fault proxy: " + started.error().message);
  return std::move(*started);
}

std::string through(const proxy::fault_proxy& proxy, const std::string& conninfo) {
  const auto from = parts(conninfo);
  return fmt::format("host=127.0.0.1 port={} user={} dbname={}", proxy.port(), from.at("user"),
                     from.at("dbname"));
}

} // namespace prism::test
