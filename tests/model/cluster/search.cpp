#include "tests/model/cluster/search.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <random>
#include <unordered_map>

namespace prism::model {

namespace {

class explorer {
public:
  explicit explorer(const search_options& options) : options_(options) {}

  search_result all() {
    const auto first = begin();
    descend(first, options_.depth);
    return finish();
  }

  search_result walks() {
    std::mt19937_64 random(options_.seed);
    while (found_.violation.empty() && found_.states < options_.states) {
      auto here = begin();
      path_.clear();
      for (int i = 0; i < options_.depth && found_.violation.empty(); ++i) {
        const auto next = choose(possible_steps(here), random);
        path_.push_back(next);
        take(here, next);
        ++found_.steps;
        visit(here, 0);
      }
      found_.accepted += here.accepted;
    }
    return finish();
  }

private:
  [[nodiscard]] world begin() const {
    return make_world(options_.nodes, options_.from, options_.wrong, options_.faults);
  }

  // Each kind of step is as likely as any other.
  static step choose(const std::vector<step>& steps, std::mt19937_64& random) {
    std::vector<happens> kinds;
    for (const auto& each : steps)
      if (kinds.empty() || std::find(kinds.begin(), kinds.end(), each.what) == kinds.end())
        kinds.push_back(each.what);
    const auto kind = kinds[random() % kinds.size()];
    std::vector<step> of_kind;
    for (const auto& each : steps)
      if (each.what == kind)
        of_kind.push_back(each);
    return of_kind[random() % of_kind.size()];
  }

  // Whether the state was not seen with as many steps left.
  bool visit(const world& here, std::int32_t left) {
    if (!here.violation.empty()) {
      found_.violation = here.violation;
      return false;
    }
    const auto mark = fingerprint(here);
    const auto [at, is_new] = seen_.try_emplace(mark, left);
    if (!is_new) {
      const bool deeper = left > at->second;
      at->second = std::max(at->second, left);
      return deeper;
    }
    ++found_.states;
    if (mark % options_.recovery_every == 0) {
      int ticks = 0;
      found_.violation = recover(here, ticks);
      found_.slowest = std::max(found_.slowest, ticks);
      ++found_.recoveries;
    }
    return found_.violation.empty();
  }

  void descend(const world& here, std::int32_t left) {
    if (left == 0)
      return;
    for (const auto& next : possible_steps(here)) {
      if (found_.states >= options_.states) {
        found_.complete = false;
        return;
      }
      auto then = here;
      path_.push_back(next);
      take(then, next);
      ++found_.steps;
      found_.accepted += then.accepted - here.accepted;
      if (visit(then, left - 1))
        descend(then, left - 1);
      if (!found_.violation.empty())
        return;
      path_.pop_back();
    }
  }

  [[nodiscard]] std::string violation_of(const std::vector<step>& path) const {
    auto here = begin();
    for (const auto& each : path) {
      const auto steps = possible_steps(here);
      if (std::find(steps.begin(), steps.end(), each) == steps.end())
        return {};
      take(here, each);
      if (!here.violation.empty())
        return here.violation;
    }
    int ticks = 0;
    return recover(here, ticks);
  }

  // Leaves out what is not needed.
  search_result finish() {
    if (found_.violation.empty())
      return found_;
    const auto what = found_.violation;
    for (std::size_t i = path_.size(); i-- > 0;) {
      auto shorter = path_;
      shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(i));
      if (violation_of(shorter) == what) {
        path_ = std::move(shorter);
        i = path_.size();
      }
    }
    found_.violation += ":";
    for (const auto& each : path_)
      found_.violation += " " + describe(each);
    return found_;
  }

  search_options options_;
  search_result found_;
  std::vector<step> path_;
  std::unordered_map<std::uint64_t, std::int32_t> seen_;
};

} // namespace

void search_result::add(const search_result& other) {
  states += other.states;
  steps += other.steps;
  recoveries += other.recoveries;
  accepted += other.accepted;
  complete = complete && other.complete;
  slowest = std::max(slowest, other.slowest);
  if (violation.empty())
    violation = other.violation;
}

search_result search_all(const search_options& options) {
  return explorer(options).all();
}

search_result walk(const search_options& options) {
  return explorer(options).walks();
}

} // namespace prism::model
