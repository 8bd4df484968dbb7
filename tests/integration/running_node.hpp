#pragma once

#include "actors/node/node.hpp"
#include "tests/integration/eventually.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace prism::test {

/// Settings of a node that reconnects quickly and ends when it has caught up.
[[nodiscard]] config::options node_settings(const std::string& relay, const std::string& database);

/// A running node, or a failed test.
[[nodiscard]] std::unique_ptr<node> start_node(config::options options);

/// Waits until the node has caught up, then drains it; fails the test if either fails.
void finish(node& running);

/// The shard's answer to get_status.
[[nodiscard]] std::map<std::string, std::string> status_of_shard(node& running, std::size_t number);

[[nodiscard]] std::map<std::string, std::string> rows_of(const std::string& database);

} // namespace prism::test
