#include "tools/prismctl/run.hpp"

#include "tools/prismctl/dump.hpp"
#include "tools/prismctl/node_link.hpp"
#include "tools/prismctl/render.hpp"
#include "tools/prismctl/top.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <fmt/format.h>
#include <thread>

namespace prism::prismctl {

namespace {

constexpr int exit_failed = 1;
constexpr int exit_usage = 2;

int report(const node_link& link, const error& why) {
  fmt::print(stderr, "prismctl: {}: {}\n", link.address(), why.message);
  return why.code == errc::invalid ? exit_usage : exit_failed;
}

int show(const node_link& link, const command_line& line, const std::string& text) {
  if (line.json) {
    fmt::print("{}\n", text);
    return 0;
  }
  boost::system::error_code problem;
  const auto answer = boost::json::parse(text, problem);
  if (problem || !answer.is_object() || !answer.get_object().contains("data"))
    return report(link, {errc::io, "the node's answer cannot be read; try --json"});
  if (line.nodes.size() > 1)
    fmt::print("== {} ({})\n", link.address(),
               value_text("", answer.at("node").as_object().at("name")));
  fmt::print("{}", answer_text(answer.get_object()));
  return 0;
}

/// Starts a trace, then looks until it has ended.
int trace(node_link& link, const command_line& line) {
  auto started = link.ask("start-trace", line.arguments, line.timeout);
  if (!started)
    return report(link, started.error());
  for (;;) {
    auto seen = link.ask("trace", {}, line.timeout);
    if (!seen)
      return report(link, seen.error());
    const auto answer = boost::json::parse(*seen);
    if (!answer.at("data").as_object().at("active").as_bool())
      return show(link, line, *seen);
    std::this_thread::sleep_for(std::chrono::milliseconds{250});
  }
}

int run_on(node_link& link, const command_line& line) {
  if (line.form->words == "trace")
    return trace(link, line);
  if (line.form->words == "top")
    return top(link, line);
  if (line.form->words == "dump")
    return dump(link, line);
  auto answer = link.ask(line.form->asks, line.arguments, line.timeout);
  return answer ? show(link, line, *answer) : report(link, answer.error());
}

} // namespace

int run(const command_line& line) {
  if (line.form->words == "completion bash") {
    fmt::print("{}", bash_completion());
    return 0;
  }
  operator_system system;
  int worst = 0;
  for (const auto& node : line.nodes) {
    auto link = node_link::open(system, line, node);
    if (!link) {
      fmt::print(stderr, "prismctl: {}:{}: {}\n", node.host, node.port, link.error().message);
      worst = std::max(worst, exit_failed);
      continue;
    }
    worst = std::max(worst, run_on(**link, line));
  }
  return worst;
}

} // namespace prism::prismctl
