#pragma once

#include "db/index/ids.hpp"
#include "db/index/pending.hpp"
#include "db/pg/pipeline.hpp"

#include <functional>
#include <vector>

/// Helpers of the parts of `batch_writer`.
namespace prism::db {

/// The index of a collection in arrays by collection.
[[nodiscard]] inline std::size_t at(atproto::collection kind) {
  return static_cast<std::size_t>(kind);
}

/// Sends a pipeline and passes its results to readers, in order.
class round_trip {
public:
  explicit round_trip(executor& on) : pipe_(on) {}

  /// The pipeline to queue on; call `then` after each statement whose result matters.
  [[nodiscard]] pipeline& pipe() { return pipe_; }

  /// Sets the reader of the result of the statement queued last.
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
