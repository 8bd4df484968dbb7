#include "bench/reads/measure.hpp"

#include <algorithm>
#include <vector>

namespace prism::bench {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::seconds given_up_after{20};
constexpr std::chrono::seconds enough{2};
constexpr std::size_t max_calls = 200;

} // namespace

timing measure(db::connection& on, const reading& read) {
  reads::session session(on);
  std::vector<double> calls;
  const auto begin = clock::now();
  for (std::size_t i = 0; i <= max_calls; ++i) {
    const auto before = clock::now();
    on.set_deadline(before + given_up_after);
    const bool done = read(session);
    const std::chrono::duration<double, std::milli> took = clock::now() - before;
    if (!done)
      return {took.count(), true};
    if (i > 0 || took > enough)
      calls.push_back(took.count());
    if (!calls.empty() && clock::now() - begin > enough)
      break;
  }
  const auto middle = calls.begin() + static_cast<std::ptrdiff_t>(calls.size() / 2);
  std::nth_element(calls.begin(), middle, calls.end());
  return {*middle, false};
}

} // namespace prism::bench
