#include "tools/replay/corpus_order.hpp"

#include "tools/replay/frame_seq.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <unordered_map>
#include <utility>

namespace prism::net {

namespace {

tl::unexpected<error> in_frame(std::size_t index, const error& cause) {
  return fail(cause.code, "frame {}: {}", index, cause.message);
}

// Uniform in 0..bound-1. The standard's distributions differ between libraries; this does not.
std::uint64_t draw(std::mt19937_64& random, std::uint64_t bound) {
  const std::uint64_t usable = std::mt19937_64::max() - std::mt19937_64::max() % bound;
  for (;;)
    if (const auto number = random(); number < usable)
      return number % bound;
}

} // namespace

expected<corpus> shuffled(const corpus& frames, std::uint64_t seed) {
  std::unordered_map<std::string, std::size_t> repo_numbers;
  std::vector<std::vector<frame_bytes>> of_repo;
  std::vector<std::size_t> turns; // one entry per frame: whose turn it is
  turns.reserve(frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto found = find_seq(*frames[i]);
    if (!found)
      return in_frame(i, found.error());
    const auto repo = repo_numbers.try_emplace(std::string(found->repo), of_repo.size());
    if (repo.second)
      of_repo.emplace_back();
    of_repo[repo.first->second].push_back(frames[i]);
    turns.push_back(repo.first->second);
  }

  std::mt19937_64 random(seed);
  for (std::size_t left = turns.size(); left > 1; --left)
    std::swap(turns[left - 1], turns[draw(random, left)]);

  std::vector<std::size_t> taken(of_repo.size(), 0);
  corpus result;
  result.reserve(frames.size());
  for (const auto repo : turns)
    result.push_back(of_repo[repo][taken[repo]++]);
  return result;
}

expected<corpus> renumbered(const corpus& frames, std::int64_t first) {
  corpus result;
  result.reserve(frames.size());
  std::int64_t next = first;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto found = find_seq(*frames[i]);
    if (!found)
      return in_frame(i, found.error());
    if (!found->seq) {
      result.push_back(frames[i]);
      continue;
    }
    auto frame = with_seq(*frames[i], next++);
    if (!frame)
      return in_frame(i, frame.error());
    result.push_back(std::make_shared<const std::vector<std::byte>>(std::move(*frame)));
  }
  return result;
}

expected<corpus> twice(const corpus& frames) {
  std::int64_t last = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto found = find_seq(*frames[i]);
    if (!found)
      return in_frame(i, found.error());
    last = std::max(last, found->seq.value_or(0));
  }
  auto again = renumbered(frames, last + 1);
  if (!again)
    return again;
  corpus result = frames;
  result.insert(result.end(), again->begin(), again->end());
  return result;
}

} // namespace prism::net
