#pragma once

#include "db/index/pending.hpp"
#include "db/pg/pipeline.hpp"

#include <algorithm>
#include <functional>
#include <unordered_set>
#include <vector>

/// What the parts of `batch_writer` share.
namespace prism::db {

/// The place of a collection in arrays by collection.
[[nodiscard]] inline std::size_t at(atproto::collection kind) {
  return static_cast<std::size_t>(kind);
}

[[nodiscard]] inline std::vector<std::int64_t> sorted(const std::unordered_set<std::int64_t>& ids) {
  std::vector<std::int64_t> out{ids.begin(), ids.end()};
  std::ranges::sort(out);
  return out;
}

/// Whether records of this collection wait for what they refer to.
[[nodiscard]] inline bool can_be_parked(atproto::collection kind) {
  using atproto::collection;
  return kind == collection::like || kind == collection::repost || kind == collection::list_item;
}

/// Sends a pipeline and hands its results to readers in order.
class round_trip {
public:
  explicit round_trip(executor& on) : pipe_(on) {}

  /// The pipeline to queue on; call `then` after each statement whose result matters.
  [[nodiscard]] pipeline& pipe() { return pipe_; }

  /// What to do with the result of the statement queued last.
  void then(std::function<outcome<void>(const result&)> read) {
    readers_.emplace_back(pipe_.size() - 1, std::move(read));
  }

  [[nodiscard]] outcome<void> run() {
    if (pipe_.empty())
      return {};
    const auto results = pipe_.sync();
    if (!results)
      return tl::unexpected(results.error());
    for (const auto& [index, read] : readers_)
      if (auto done = read((*results)[index]); !done)
        return done;
    return {};
  }

private:
  pipeline pipe_;
  std::vector<std::pair<std::size_t, std::function<outcome<void>(const result&)>>> readers_;
};

} // namespace prism::db
