#include "command.hpp"

#include <array>
#include <charconv>

namespace prism::proxy {

namespace {

/// A command word and its effect.
struct order {
  std::string_view name;
  bool takes_number;
  expected<void> (*carry_out)(fault_proxy& proxy, std::uint32_t number);
};

[[nodiscard]] expected<void> done(auto&& work) {
  work();
  return {};
}

constexpr std::array orders{
    order{"pass", false,
          [](fault_proxy& on, std::uint32_t) -> expected<void> {
            on.delay({});
            on.limit_commits(0);
            return on.set(mode::pass);
          }},
    order{"black-hole", false,
          [](fault_proxy& on, std::uint32_t) { return on.set(mode::black_hole); }},
    order{"refuse", false, [](fault_proxy& on, std::uint32_t) { return on.set(mode::refuse); }},
    order{"cut", false, [](fault_proxy& on, std::uint32_t) { return done([&] { on.cut(); }); }},
    order{"delay", true,
          [](fault_proxy& on, std::uint32_t n) {
            return done([&] { on.delay(std::chrono::milliseconds{n}); });
          }},
    order{"commits", true,
          [](fault_proxy& on, std::uint32_t n) { return done([&] { on.limit_commits(n); }); }},
    order{"cut-before-commit", true,
          [](fault_proxy& on, std::uint32_t n) { return done([&] { on.cut_before_commit(n); }); }},
    order{"cut-after-commit", true,
          [](fault_proxy& on, std::uint32_t n) { return done([&] { on.cut_after_commit(n); }); }},
};

} // namespace

std::string_view command_help() noexcept {
  return R"(Commands, one per line; each is answered with one line, "ok" or "error: ...":
  pass                  everything goes through at full speed; ends the next four
  delay MS              each packet of a client is held back
  commits N             all connections together commit at most N times per second
  black-hole            accept and read, but never answer; connections whose bytes were lost are
                        reset when it ends
  refuse                stop listening, reset all connections
  cut                   reset all connections, once
  cut-before-commit N   reset the connection instead of passing COMMIT on, N times
  cut-after-commit N    pass COMMIT on and reset the connection instead of its answer, N times
  stats                 answered with NAME=NUMBER...: how often each has hit
)";
}

expected<std::string> obey(fault_proxy& proxy, std::string_view line) {
  if (line == "stats")
    return to_string(proxy.stats());
  const auto space = line.find(' ');
  const auto word = line.substr(0, space);
  const auto text = space == line.npos ? std::string_view{} : line.substr(space + 1);
  for (const auto& each : orders) {
    if (each.name != word)
      continue;
    std::uint32_t number = 0;
    const auto* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    const bool is_number = parsed.ec == std::errc{} && parsed.ptr == end;
    if (each.takes_number != is_number || (!each.takes_number && !text.empty()))
      return fail(errc::invalid, "'{}': '{}' takes {}", line, word,
                  each.takes_number ? "one number" : "nothing");
    return each.carry_out(proxy, number).map([] { return std::string{"ok"}; });
  }
  return fail(errc::invalid, "'{}' is not a command", line);
}

} // namespace prism::proxy
