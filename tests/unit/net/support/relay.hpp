#pragma once

#include "tools/replay/replay_server.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <string_view>
#include <utility>

namespace prism::net::test {

/// A replay server that must start.
inline std::unique_ptr<replay_server> start_relay(corpus frames, replay_options options = {}) {
  auto started = replay_server::start(std::move(frames), std::move(options));
  if (!started)
    FAIL("relay: " << started.error().message);
  return std::move(*started);
}

/// The same with faults.
inline std::unique_ptr<replay_server>
start_faulty_relay(corpus frames, std::initializer_list<std::string_view> faults) {
  replay_options options;
  for (const auto text : faults) {
    auto fault = parse_fault(text);
    if (!fault)
      FAIL("fault: " << fault.error().message);
    options.faults.push_back(std::move(*fault));
  }
  return start_relay(std::move(frames), std::move(options));
}

} // namespace prism::net::test
