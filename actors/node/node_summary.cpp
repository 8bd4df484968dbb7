#include "actors/node/node_summary.hpp"

#include "actors/runtime/node_readiness.hpp"
#include "actors/runtime/status_text.hpp"
#include "core/printable.hpp"

#include <algorithm>
#include <sstream>

namespace prism {

namespace {

[[nodiscard]] std::string line_of(const std::string& name, const actor_status& status) {
  std::string out = name + ":";
  for (const auto& [field, value] : status.fields)
    if (!value.is_array()) // lists are for `prismctl inspect`
      out += fmt::format(" {}={}", std::string_view{field}, text_of(value));
  return out;
}

} // namespace

std::vector<std::string> summary_of(node& running, std::chrono::milliseconds limit) {
  const auto& context = running.context();
  std::vector<std::string> out;
  std::istringstream facts(readiness_of(context).text);
  for (std::string fact; std::getline(facts, fact);)
    out.push_back(fact);

  auto names = context.actors.names();
  std::erase_if(names, names::is_db_session); // the pool says what there is to say
  std::ranges::sort(names);
  caf::scoped_actor self(running.system());
  // All are asked before the first answer is waited for.
  const auto ask = [&](const caf::strong_actor_ptr& actor) {
    return self->request(caf::actor_cast<any_actor>(actor), limit, get_status{});
  };
  std::vector<std::pair<std::string, decltype(ask(nullptr))>> asked;
  for (const auto& name : names)
    if (const auto actor = context.actors.find(name))
      asked.emplace_back(name, ask(actor));
  for (auto& [name, answer] : asked)
    answer.receive([&](const actor_status& status) { out.push_back(line_of(name, status)); },
                   [&](const caf::error&) { out.push_back(name + ": does not answer"); });
  return out;
}

std::string status_line(node& running) {
  constexpr std::size_t limit = 200;
  const auto ready = readiness_of(running.context());
  std::istringstream facts(ready.text);
  for (std::string fact; std::getline(facts, fact);) {
    const bool wanted = fact.starts_with(ready.ready ? "info " : "FAIL ");
    if (wanted)
      return (ready.ready ? "ready: " : "not ready: ") + printable(fact.substr(5), limit);
  }
  return ready.ready ? "ready" : "not ready";
}

} // namespace prism
