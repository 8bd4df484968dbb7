#pragma once

#include "tests/support/pg_fixture.hpp"
#include "tools/prism-proxy/fault_proxy.hpp"

#include <memory>
#include <string>

namespace prism::test {

/// The fault proxy before the server of a connection string through its Unix socket.
[[nodiscard]] std::unique_ptr<proxy::fault_proxy> start_proxy(const std::string& conninfo);

/// That connection string, led through the proxy.
[[nodiscard]] std::string through(const proxy::fault_proxy& proxy, const std::string& conninfo);

/// A fresh database behind a fault proxy of its own.
struct proxied_database {
  std::string direct = pg_fixture::fresh_database();
  std::unique_ptr<proxy::fault_proxy> proxy = start_proxy(direct);
  std::string conninfo = through(*proxy, direct);
};

} // namespace prism::test
